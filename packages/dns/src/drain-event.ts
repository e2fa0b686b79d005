import { AppError, toErrorRecord } from '@quartermaster/foundation';
import type { DrainEvent } from './drain-state.js';

/**
 * Failures after which it is certain that nothing was carried out, and after how many ms it is tried again. The account's
 * limit counts by the second; credentials need people.
 */
const CERTAINLY_UNSENT: Readonly<Record<string, number>> = {
  'route53-throttled': 1_500,
  'prior-request-not-complete': 1_000,
  'route53-not-authorized': 10_000,
};

/**
 * What a failure of `DnsPort.changeRecordSets` means to the drain. `undefined`: it is no failure of Route 53's (a lease
 * lost, a bug); the worker ends here, and whoever goes on finds the batch as `sent`.
 */
export function toDrainEvent(error: unknown, now: number): DrainEvent | undefined {
  if (!(error instanceof AppError)) return undefined;
  if (error.code === 'change-refused') {
    return { event: 'refused', reason: error.message, messages: error.problems.map(({ detail }) => detail) };
  }
  const pause = CERTAINLY_UNSENT[error.code];
  if (pause !== undefined) return { event: 'unsent', again_at: now + pause };
  return error.kind === 'unavailable' ? { event: 'lost' } : { event: 'hopeless', error: toErrorRecord(error) };
}
