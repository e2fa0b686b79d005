import type { Ec2Error } from '../ec2/errors.js';

/** An answer that refuses, with OpsWorks' own code and wording. Nearly all have status 400 ("Common Errors"). */
export class OpsWorksError extends Error {
  override readonly name = 'OpsWorksError';
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

export const validation = (message: string): OpsWorksError => new OpsWorksError('ValidationException', message);

export const resourceNotFound = (message: string): OpsWorksError =>
  new OpsWorksError('ResourceNotFoundException', message);

/** What a bad signature is called by the services that speak JSON ("Common Errors" of the API Reference). */
const SIGNATURE_CODES: Readonly<Record<string, string>> = {
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  IncompleteSignature: 'IncompleteSignatureException',
  AuthFailure: 'UnrecognizedClientException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  RequestExpired: 'InvalidSignatureException',
};

const SIGNATURE_WORDS: Readonly<Record<string, string>> = {
  MissingAuthenticationToken: 'Missing Authentication Token',
  AuthFailure: 'The security token included in the request is invalid.',
  RequestExpired: 'Signature expired',
};

/** The refusal of `verifySignature` in the words of this protocol. */
export function fromSignature({ code, message }: Ec2Error): OpsWorksError {
  return new OpsWorksError(SIGNATURE_CODES[code] ?? code, SIGNATURE_WORDS[code] ?? message);
}
