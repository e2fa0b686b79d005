import { AppError, type ErrorKind } from '@quartermaster/foundation';

/** What an error code of EC2 becomes. */
export interface Meaning {
  readonly kind: ErrorKind;
  readonly code: string;
}

/** EC2's error code → what it means to a caller. `*` at the end stands for anything, `*` alone for any other refusal. */
export type ErrorTable = Readonly<Record<string, Meaning>>;

const THROTTLED = { kind: 'unavailable', code: 'ec2-throttled' } as const;
const NOT_AUTHORIZED = { kind: 'unavailable', code: 'ec2-not-authorized' } as const;
const UNAVAILABLE = { kind: 'unavailable', code: 'ec2-unavailable' } as const;
const REFUSED = { kind: 'unprocessable', code: 'ec2-refused' } as const;

/** Any action may answer these (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html). */
const EVERY_ACTION: ErrorTable = {
  RequestLimitExceeded: THROTTLED,
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  EC2ThrottledException: THROTTLED,
  RequestThrottled: THROTTLED,
  BandwidthLimitExceeded: THROTTLED,
  SlowDown: THROTTLED,
  AuthFailure: NOT_AUTHORIZED,
  AccessDenied: NOT_AUTHORIZED,
  Blocked: NOT_AUTHORIZED,
  CredentialsProviderError: NOT_AUTHORIZED,
  ExpiredToken: NOT_AUTHORIZED,
  ExpiredTokenException: NOT_AUTHORIZED,
  IncompleteSignature: NOT_AUTHORIZED,
  InvalidClientTokenId: NOT_AUTHORIZED,
  InvalidSignatureException: NOT_AUTHORIZED,
  MissingAuthenticationToken: NOT_AUTHORIZED,
  OptInRequired: NOT_AUTHORIZED,
  PendingVerification: NOT_AUTHORIZED,
  RequestExpired: NOT_AUTHORIZED,
  SignatureDoesNotMatch: NOT_AUTHORIZED,
  TokenProviderError: NOT_AUTHORIZED,
  UnauthorizedOperation: NOT_AUTHORIZED,
  UnrecognizedClientException: NOT_AUTHORIZED,
  ConcurrentTagAccess: UNAVAILABLE,
  InternalError: UNAVAILABLE,
  InternalFailure: UNAVAILABLE,
  RequestTimeout: UNAVAILABLE,
  ServerInternal: UNAVAILABLE,
  ServiceUnavailable: UNAVAILABLE,
  TimeoutError: UNAVAILABLE,
  Unavailable: UNAVAILABLE,
};

/** Node's and the resolver's codes for a connection that could not be made or was lost. */
const NO_CONNECTION =
  /^(E(CONN|HOST|NET|PIPE|TIMEDOUT|AI_|PROTO)|ENOTFOUND|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;

/** Long enough to say what is wrong; EC2 may append kilobytes of an encoded authorization message. */
const MAX_WORDS = 400;

interface SdkError {
  readonly name: string;
  readonly message: string;
  /** Node's code of a network failure. */
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** EC2's own code of a failure (`InvalidGroup.Duplicate`), or the SDK's name for its kind; `''` for anything else. */
export function ec2Code(error: unknown): string {
  return isSdkError(error) ? error.name : '';
}

/**
 * What the SDK threw, in the house's words. `table` holds what an action's own codes mean and goes before everything
 * else: EC2 answers a lack of capacity with status 500, which otherwise means trying again.
 * What is neither EC2's nor the network's doing is a bug and comes back as it is.
 */
export function translateError(error: unknown, action: string, table: ErrorTable = {}): unknown {
  if (error instanceof AppError || !isSdkError(error)) return error;
  const { name, message, code, $metadata } = error;
  const status = $metadata?.httpStatusCode;

  const own = lookUp(table, name);
  if (own !== undefined) return refusal(own, action, name, message, error);

  const known = lookUp(EVERY_ACTION, name);
  if (known !== undefined) return passing(known, action, name, error);
  if (typeof code === 'string' && NO_CONNECTION.test(code)) return passing(UNAVAILABLE, action, code, error);
  if (status === undefined) return error;
  // A success that can't be read was not EC2's answer, or not all of it.
  if (status >= 500 || status < 400) return passing(UNAVAILABLE, action, `status ${status}, ${name}`, error);
  if (status === 429) return passing(THROTTLED, action, name, error);
  return refusal(table['*'] ?? REFUSED, action, name, message, error);
}

/** By shape, not by class: an error of Node's own may come from another realm (in tests it does). */
function isSdkError(error: unknown): error is SdkError {
  return typeof error === 'object' && error !== null && 'name' in error && 'message' in error;
}

function lookUp(table: ErrorTable, name: string): Meaning | undefined {
  const family = Object.keys(table).find(
    (key) => key.length > 1 && key.endsWith('*') && name.startsWith(key.slice(0, -1)),
  );
  if (Object.hasOwn(table, name)) return table[name];
  return family === undefined ? undefined : table[family];
}

const PASSING_WORDS: Readonly<Record<string, string>> = {
  [THROTTLED.code]: 'EC2 asks for fewer requests',
  [NOT_AUTHORIZED.code]: 'EC2 does not accept the credentials, or they lack the rights',
  [UNAVAILABLE.code]: 'EC2 gives no answer',
};

function passing(meaning: Meaning, action: string, reason: string, cause: unknown): AppError {
  return new AppError(meaning.kind, meaning.code, `${PASSING_WORDS[meaning.code] ?? ''} (${action}: ${reason}).`, {
    cause,
    ...(meaning === THROTTLED ? { retryAfterSeconds: 5 } : {}),
  });
}

function refusal(meaning: Meaning, action: string, name: string, message: string, cause: unknown): AppError {
  const words = message.replace(/\s*Encoded authorization failure message:[\s\S]*$/, '').slice(0, MAX_WORDS);
  return new AppError(meaning.kind, meaning.code, `EC2 refused ${action} (${name}: ${words})`, { cause });
}
