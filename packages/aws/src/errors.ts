import { AppError, type CallOutcome, type ErrorKind } from '@quartermaster/foundation';

/** What an error code of a service becomes. */
export interface Meaning {
  readonly kind: ErrorKind;
  readonly code: string;
}

/** A service's error code → what it means to a caller. `*` at the end stands for anything, `*` alone for any other refusal. */
export type ErrorTable = Readonly<Record<string, Meaning>>;

/** A service as messages and codes name it. */
export interface AwsService {
  /** `EC2` */
  readonly name: string;
  /** `ec2`, as in the code `ec2-throttled`. */
  readonly prefix: string;
}

type Passing = 'throttled' | 'not-authorized' | 'unavailable';

const THROTTLED = 'throttled';
const NOT_AUTHORIZED = 'not-authorized';
const UNAVAILABLE = 'unavailable';

/**
 * Any action of any service may answer these: EC2 API Reference, Common client error codes
 * (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html), and Common Errors of the others.
 */
const EVERY_ACTION: Readonly<Record<string, Passing>> = {
  RequestLimitExceeded: THROTTLED,
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  EC2ThrottledException: THROTTLED,
  RequestThrottled: THROTTLED,
  BandwidthLimitExceeded: THROTTLED,
  SlowDown: THROTTLED,
  AuthFailure: NOT_AUTHORIZED,
  AccessDenied: NOT_AUTHORIZED,
  AccessDeniedException: NOT_AUTHORIZED,
  Blocked: NOT_AUTHORIZED,
  CredentialsProviderError: NOT_AUTHORIZED,
  ExpiredToken: NOT_AUTHORIZED,
  ExpiredTokenException: NOT_AUTHORIZED,
  IncompleteSignature: NOT_AUTHORIZED,
  IncompleteSignatureException: NOT_AUTHORIZED,
  InvalidClientTokenId: NOT_AUTHORIZED,
  InvalidSignatureException: NOT_AUTHORIZED,
  MissingAuthenticationToken: NOT_AUTHORIZED,
  MissingAuthenticationTokenException: NOT_AUTHORIZED,
  NotAuthorized: NOT_AUTHORIZED,
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

/** Long enough to say what is wrong; AWS may append kilobytes of an encoded authorization message. */
const MAX_WORDS = 400;

interface SdkError {
  readonly name: string;
  readonly message: string;
  /** Node's code of a network failure. */
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** AWS' own code of a failure (`InvalidGroup.Duplicate`), or the SDK's name for its kind; `''` for anything else. */
export function awsCode(error: unknown): string {
  return isSdkError(error) ? error.name : '';
}

/** What an error says of the one request that it stands for; `undefined`: a guard stopped it, and nothing was sent. */
export function sdkOutcome(error: unknown): CallOutcome | undefined {
  if (error instanceof AppError || !isSdkError(error)) return undefined;
  const { name, code, $metadata } = error;
  const known = lookUp(EVERY_ACTION, name);
  const status = $metadata?.httpStatusCode;
  if (known === THROTTLED || status === 429) return 'throttled';
  if (known === NOT_AUTHORIZED) return 'refused';
  if (known !== undefined || typeof code === 'string') return 'failed';
  if (status === undefined) return undefined;
  return status >= 400 && status < 500 ? 'refused' : 'failed';
}

/** What the SDK threw, in the house's words: `AppError`s, or the error itself where it is nobody's but ours. */
export type TranslateError = (error: unknown, action: string, table?: ErrorTable) => unknown;

/**
 * How the failures of one service are translated. `table` holds what an action's own codes mean and goes before everything
 * else: EC2 answers a lack of capacity with status 500, which otherwise means trying again.
 * What is neither AWS' nor the network's doing is a bug and comes back as it is.
 */
export function createErrorTranslation(service: AwsService): TranslateError {
  return (error, action, table = {}) => {
    if (error instanceof AppError || !isSdkError(error)) return error;
    const { name, message, code, $metadata } = error;
    const status = $metadata?.httpStatusCode;

    const own = lookUp(table, name);
    if (own !== undefined) return refusal(service, own, action, name, message, error);

    const known = lookUp(EVERY_ACTION, name);
    if (known !== undefined) return passing(service, known, action, name, error);
    if (typeof code === 'string' && NO_CONNECTION.test(code)) return passing(service, UNAVAILABLE, action, code, error);
    if (status === undefined) return error;
    // A success that can't be read was not the service's answer, or not all of it.
    if (status >= 500 || status < 400) return passing(service, UNAVAILABLE, action, `status ${status}, ${name}`, error);
    if (status === 429) return passing(service, THROTTLED, action, name, error);
    const refused = { kind: 'unprocessable', code: `${service.prefix}-refused` } as const;
    return refusal(service, table['*'] ?? refused, action, name, message, error);
  };
}

/** By shape, not by class: an error of Node's own may come from another realm (in tests it does). */
function isSdkError(error: unknown): error is SdkError {
  return typeof error === 'object' && error !== null && 'name' in error && 'message' in error;
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  const family = Object.keys(table).find(
    (key) => key.length > 1 && key.endsWith('*') && name.startsWith(key.slice(0, -1)),
  );
  if (Object.hasOwn(table, name)) return table[name];
  return family === undefined ? undefined : table[family];
}

const PASSING_WORDS: Readonly<Record<Passing, string>> = {
  [THROTTLED]: 'asks for fewer requests',
  [NOT_AUTHORIZED]: 'does not accept the credentials, or they lack the rights',
  [UNAVAILABLE]: 'gives no answer',
};

function passing(
  { name, prefix }: AwsService,
  what: Passing,
  action: string,
  reason: string,
  cause: unknown,
): AppError {
  return new AppError('unavailable', `${prefix}-${what}`, `${name} ${PASSING_WORDS[what]} (${action}: ${reason}).`, {
    cause,
    ...(what === THROTTLED ? { retryAfterSeconds: 5 } : {}),
  });
}

function refusal(
  service: AwsService,
  meaning: Meaning,
  action: string,
  name: string,
  message: string,
  cause: unknown,
): AppError {
  const words = message.replace(/\s*Encoded authorization failure message:[\s\S]*$/, '').slice(0, MAX_WORDS);
  return new AppError(meaning.kind, meaning.code, `${service.name} refused ${action} (${name}: ${words})`, { cause });
}
