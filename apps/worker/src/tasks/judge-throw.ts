import { AppError, cutText } from '@quartermaster/foundation';
import { Interrupted, RetryLater } from '@quartermaster/jobs';
import type { TaskException } from '@quartermaster/stores';

/** What follows from a throw out of a task. */
export type Verdict =
  /** To be thrown on: the task comes again, as the retry rule says. */
  | { readonly kind: 'again'; readonly error: RetryLater | AppError }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly exception: TaskException };

export interface ThrowFacts {
  readonly cancelled: boolean;
  /** The task's own: an aborted call throws something without a reason, and the reason is here. */
  readonly signal: AbortSignal;
  readonly now: number;
}

const LONGEST_MESSAGE = 500;
const LONGEST_WAIT_MS = 30 * 86_400_000;

/** Nothing is known about the task by these, and nobody may write on its behalf: cancelled or not, the job comes again. */
export function isOurOwn(error: unknown): boolean {
  if (error instanceof Interrupted) return true;
  return error instanceof AppError && (error.code === 'lease-lost' || error.code.startsWith('redis-'));
}

export function judgeThrow(thrown: unknown, { cancelled, signal, now }: ThrowFacts): Verdict {
  const error: unknown = signal.aborted && isAbort(thrown) ? signal.reason : thrown;
  if (isOurOwn(error)) return { kind: 'again', error: error as RetryLater | AppError };
  const again = asRetryLater(error) ?? (isUnavailable(error) ? error : undefined);
  if (cancelled && (again !== undefined || nameOf(error) === 'TaskCancelled')) return { kind: 'cancelled' };
  return again === undefined ? { kind: 'failed', exception: toException(error, now) } : { kind: 'again', error: again };
}

/** As people read it in the record: an error's own words, also a plug-in's. */
export function toException(error: unknown, now: number): TaskException {
  const message = error instanceof Error || isErrorLike(error) ? error.message : String(error);
  return {
    message: cutText(message, LONGEST_MESSAGE) || nameOf(error) || 'it threw an error without a message',
    ...(error instanceof AppError ? { code: error.code } : {}),
    timestamp: new Date(now).toISOString(),
  };
}

/** By its name: a plug-in may have a copy of the class. */
function asRetryLater(error: unknown): RetryLater | undefined {
  if (error instanceof RetryLater) return inBounds(error.delayMs);
  if (nameOf(error) !== 'RetryLater') return undefined;
  return inBounds(Number((error as { delayMs?: unknown }).delayMs));
}

function inBounds(delayMs: number): RetryLater {
  return new RetryLater(Number.isFinite(delayMs) ? Math.min(Math.max(0, delayMs), LONGEST_WAIT_MS) : 0);
}

function isUnavailable(error: unknown): error is AppError {
  return error instanceof AppError && error.kind === 'unavailable';
}

/** As `fetch` and the AWS SDK end a call whose signal was aborted. */
function isAbort(error: unknown): boolean {
  return nameOf(error) === 'AbortError';
}

function nameOf(error: unknown): string {
  return isErrorLike(error) ? error.name : '';
}

function isErrorLike(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}
