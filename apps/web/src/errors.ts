import { AppError, type ErrorKind, type Problem } from '@quartermaster/foundation';
import { asRedisFailure } from '@quartermaster/stores';
import type { Reply } from './api.js';

export const STATUS = {
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

export const TITLE = {
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

/** Puts an error into the words of an answer; `undefined`: a bug, which tells nothing. */
export type ErrorRenderer = (error: AppError | undefined, method: string) => Reply;

/** The answer to a failed request, and the error that it stands for; `undefined`: a bug. */
export function replyToError(
  thrown: unknown,
  method: string,
  render: ErrorRenderer = renderErrorDocument,
): { reply: Reply; error: AppError | undefined } {
  const error = readError(thrown);
  return { reply: render(error, method), error };
}

function readError(thrown: unknown): AppError | undefined {
  if (thrown instanceof WorkFailed) return readError(thrown.reason);
  return thrown instanceof AppError ? thrown : (asRedisFailure(thrown) ?? asExpressFailure(thrown));
}

/** What the answer to a bug says. */
export const OF_A_BUG = {
  code: 'internal-error',
  message: 'Something went wrong here; the log has it under the request id.',
};

/** An error document (JSON:API). */
export function renderErrorDocument(error: AppError | undefined, method: string): Reply {
  if (error === undefined) {
    const entry = { status: '500', code: OF_A_BUG.code, title: 'Internal error', detail: OF_A_BUG.message };
    return { status: 500, json: { errors: [entry] } };
  }
  const status = STATUS[error.kind];
  const lostStore = isLostStore(error) && method !== 'GET' && method !== 'HEAD';
  const message = lostStore ? error.message + MAY_BE_ACCEPTED : error.message;
  const base = { status: String(status), code: error.code, title: TITLE[error.kind] };
  const entries: ErrorEntry[] =
    error.problems.length === 0
      ? [{ ...base, detail: message }]
      : error.problems.map((problem) => ({ ...base, detail: problem.detail, ...sourceOf(problem) }));
  return {
    status,
    json: { errors: entries },
    headers: {
      ...(error.kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer realm="quartermaster"' } : {}),
      ...retryAfter(error),
    },
  };
}

/** Redis did not take it, or its answer was lost. */
export function isLostStore({ code }: AppError): boolean {
  return code.startsWith('redis-');
}

/** The header that says when trying again makes sense, where that is known. */
export function retryAfter({ retryAfterSeconds }: AppError): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
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
