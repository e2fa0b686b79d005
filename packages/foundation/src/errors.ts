/**
 * The kinds of failure that callers can tell apart. `web` maps each to one HTTP status, `jobs` to a retry rule
 * (`unavailable` is tried again, everything else is final), so no other part of the house decides either.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'unprocessable'
  | 'too-large'
  | 'method-not-allowed'
  | 'unavailable';

/** One thing that is wrong with a request: where (JSON pointer, query parameter or header) and what it should be. */
export interface Problem {
  readonly detail: string;
  /** RFC 6901 pointer into the request's body, e.g. `/instance_builds/count`. */
  readonly pointer?: string;
  readonly parameter?: string;
  readonly header?: string;
}

export interface AppErrorOptions {
  /** All problems of a request at once; each becomes one entry of the answer's `errors`. */
  readonly problems?: readonly Problem[];
  /** Seconds after which trying again makes sense (sent as `Retry-After`). */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The only error that crosses a package's border on purpose. `code` is stable kebab-case; `message` is for people. */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly problems: readonly Problem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.problems = options.problems ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The plain form in which an error is kept in Redis and shown in answers: never a stack, never a cause. */
export interface ErrorRecord {
  readonly kind: ErrorKind | 'internal';
  readonly code: string;
  readonly message: string;
}

/** An error as it may be stored and shown. What is not an `AppError` is a bug: its message stays in the log. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof AppError) return { kind: error.kind, code: error.code, message: error.message };
  return {
    kind: 'internal',
    code: 'internal-error',
    message: 'An unexpected error occurred; the log has the details.',
  };
}

/** The kept form back as an error, so that a waiting request can answer with the failed work's own status. */
export function fromErrorRecord(record: ErrorRecord): Error {
  if (record.kind === 'internal') return new Error(record.message);
  return new AppError(record.kind, record.code, record.message);
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
