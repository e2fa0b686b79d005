import { AppError, type ErrorKind, type Problem } from '@quartermaster/foundation';
import { asRedisFailure } from '@quartermaster/stores';
import type { Reply } from './api.js';

const STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'too-large': 413,
  unprocessable: 422,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>;

const TITLE = {
  invalid: 'Not valid',
  unauthenticated: 'Authentication required',
  forbidden: 'Forbidden',
  'not-found': 'Not found',
  'method-not-allowed': 'Method not allowed',
  conflict: 'Conflict',
  'too-large': 'Too large',
  unprocessable: 'Not possible',
  unavailable: 'Not available at the moment',
} as const satisfies Record<ErrorKind, string>;

/** One entry of an error document (JSON:API). */
interface ErrorEntry {
  readonly status: string;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly source?: { pointer?: string; parameter?: string; header?: string };
}

const MAY_BE_ACCEPTED =
  ' The request may still have been accepted; it can be repeated with the same Idempotency-Key or id.';

/**
 * The failure of work that was accepted, which a caller waited for: the answer has its reason's status, but the request
 * itself was done, and its repetition means the same work.
 */
export class WorkFailed extends Error {
  override readonly name = 'WorkFailed';
  constructor(readonly reason: Error) {
    super(reason.message);
  }
}

/** The answer to a failed request, and the error that it stands for, a bug being a 500 that tells nothing. */
export function replyToError(thrown: unknown, method: string): { reply: Reply; error: AppError | undefined } {
  if (thrown instanceof WorkFailed) return replyToError(thrown.reason, method);
  const error = thrown instanceof AppError ? thrown : (asRedisFailure(thrown) ?? asExpressFailure(thrown));
  if (error === undefined) {
    const entry = {
      status: '500',
      code: 'internal-error',
      title: 'Internal error',
      detail: 'Something went wrong here; the log has it under the request id.',
    };
    return { reply: { status: 500, json: { errors: [entry] } }, error: undefined };
  }
  const status = STATUS[error.kind];
  const lostStore = error.code.startsWith('redis-') && method !== 'GET' && method !== 'HEAD';
  const message = lostStore ? error.message + MAY_BE_ACCEPTED : error.message;
  const base = { status: String(status), code: error.code, title: TITLE[error.kind] };
  const entries: ErrorEntry[] =
    error.problems.length === 0
      ? [{ ...base, detail: message }]
      : error.problems.map((problem) => ({ ...base, detail: problem.detail, ...sourceOf(problem) }));
  return {
    error,
    reply: {
      status,
      json: { errors: entries },
      headers: {
        ...(error.kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer realm="quartermaster"' } : {}),
        ...(error.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(error.retryAfterSeconds) }),
      },
    },
  };
}

function sourceOf({ pointer, parameter, header }: Problem): Pick<ErrorEntry, 'source'> {
  if (pointer !== undefined) return { source: { pointer } };
  if (parameter !== undefined) return { source: { parameter } };
  return header === undefined ? {} : { source: { header } };
}

/** What Express and its body reader throw, by the status they carry. */
function asExpressFailure(thrown: unknown): AppError | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown) || typeof thrown.status !== 'number') return undefined;
  if (thrown.status === 413) return new AppError('too-large', 'body-too-large', 'The body is over 256 kB.');
  if (thrown.status === 415)
    return new AppError('invalid', 'unknown-encoding', 'The content encoding is not supported.');
  if (thrown.status >= 400 && thrown.status < 500) {
    return new AppError('invalid', 'malformed-request', 'The request could not be read.');
  }
  return undefined;
}
