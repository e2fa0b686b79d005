import { AppError } from '@quartermaster/foundation';

/** Thrown by work that waits for something: the same job again after `delayMs`, without using up an attempt. */
export class RetryLater extends Error {
  override readonly name: string = 'RetryLater';
  constructor(readonly delayMs: number) {
    super(`To be tried again in ${delayMs} ms`);
  }
}

/** Another process is at this subject; it, or we, will go on. */
export class SubjectTaken extends RetryLater {
  override readonly name = 'SubjectTaken';
}

/** This process is stopping; another one goes on. */
export class Interrupted extends RetryLater {
  override readonly name = 'Interrupted';
  constructor() {
    super(0);
  }
}

export interface RetryRule {
  /** How often work may fail with `unavailable` before it is given up. */
  readonly attempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export type RetryDecision =
  | { readonly next: 'later'; readonly delayMs: number; readonly countsAsAttempt: boolean }
  | { readonly next: 'give-up' };

/** Failures of the house itself, not of the work: they use up nothing. */
const OUR_OWN: ReadonlySet<string> = new Set(['lease-lost', 'redis-unavailable', 'redis-out-of-memory']);

/** A job that meets a bug is given up at its third failure of whatever kind: the second time helps with what passes, more would only hide it. */
const BUG_ATTEMPTS = 3;

/**
 * What becomes of a job that has failed, `failedBefore` times already. Our own calls for patience cost nothing; what is
 * `unavailable` is tried again, slower each time, until the attempts are used up; every other `AppError` is final.
 */
export function decideRetry(error: unknown, failedBefore: number, rule: RetryRule): RetryDecision {
  if (error instanceof RetryLater) return { next: 'later', delayMs: error.delayMs, countsAsAttempt: false };
  if (error instanceof AppError && OUR_OWN.has(error.code)) {
    return { next: 'later', delayMs: rule.backoffMs, countsAsAttempt: false };
  }
  if (error instanceof AppError && error.kind !== 'unavailable') return { next: 'give-up' };
  const allowed = error instanceof AppError ? rule.attempts : Math.min(BUG_ATTEMPTS, rule.attempts);
  if (failedBefore + 1 >= allowed) return { next: 'give-up' };
  const asked = error instanceof AppError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  const backoff = Math.min(rule.maxBackoffMs, rule.backoffMs * 2 ** Math.min(failedBefore, 30));
  return { next: 'later', delayMs: Math.max(asked, backoff), countsAsAttempt: true };
}
