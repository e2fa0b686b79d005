import type { Ec2Error } from '../ec2/errors.js';

/** An answer that refuses, with Route 53's own code and wording. */
export class Route53Error extends Error {
  override readonly name = 'Route53Error';
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/**
 * The refusal of a batch of changes. Route 53 writes every message into one `Message`, as Java writes a list; the
 * `<InvalidChangeBatch><Messages>` of the API Reference is no longer sent (aws/aws-sdk-kotlin#1433 and #1435).
 */
export class InvalidChangeBatch extends Route53Error {
  constructor(readonly messages: readonly string[]) {
    super('InvalidChangeBatch', `[${messages.join(', ')}]`);
  }
}

export const invalidInput = (message: string): Route53Error => new Route53Error('InvalidInput', message);

/** How Route 53 says that a request does not follow its schema: the words of a validating parser. */
export const invalidXml = (problem: string): Route53Error => invalidInput(`Invalid XML ; ${problem}`);

export const throttling = (): Route53Error => new Route53Error('Throttling', 'Rate exceeded');

export const priorRequestNotComplete = (): Route53Error =>
  new Route53Error(
    'PriorRequestNotComplete',
    'The request was rejected because Route 53 was still processing a prior request.',
  );

export const noSuchHostedZone = (id: string): Route53Error =>
  new Route53Error('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);

export const noSuchChange = (id: string): Route53Error =>
  new Route53Error('NoSuchChange', `Could not find resource with ID: ${id}`, 404);

/** What a bad signature is called here ("Common Errors" of the API Reference); what is missing has the same name. */
const SIGNATURE: Readonly<Record<string, readonly [code: string, message?: string]>> = {
  MissingAuthenticationToken: ['MissingAuthenticationToken', 'Missing Authentication Token'],
  AuthFailure: ['InvalidClientTokenId', 'The security token included in the request is invalid.'],
  RequestExpired: ['SignatureDoesNotMatch', 'Signature expired.'],
};

/** The refusal of `verifySignature` in the words of Route 53, which has status 403 for all of them. */
export function fromSignature({ code, message }: Ec2Error): Route53Error {
  const [ownCode = code, ownMessage = message] = SIGNATURE[code] ?? [];
  return new Route53Error(ownCode, ownMessage, 403);
}
