import { formatDuration, toErrorRecord, type AppError, type ErrorRecord } from '@quartermaster/foundation';
import type { ForwardingTrouble, WaitingUpdate } from '@quartermaster/stores';

export interface ForwardingTimes {
  /** How long (ms) after its acceptance an update is tried. */
  readonly giveUpMs: number;
  /** The first pause (ms); it doubles with every failure in a row. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** The longest (ms) that a target's `Retry-After` is obeyed. */
const LONGEST_ASKED_MS = 3_600_000;

/** The target has failed once more: how often that makes, and when it is tried again. */
export function worsen(
  trouble: ForwardingTrouble | undefined,
  error: AppError,
  now: number,
  { backoffMs, maxBackoffMs }: ForwardingTimes,
): ForwardingTrouble {
  const tries = (trouble?.tries ?? 0) + 1;
  const pause = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(tries - 1, 30));
  const asked = Math.min(LONGEST_ASKED_MS, (error.retryAfterSeconds ?? 0) * 1000);
  return { tries, error: toErrorRecord(error), next_at: now + Math.max(pause, asked) };
}

/** Those at the head of the list whose time is over; the list is in the order of acceptance. */
export function expired(
  waiting: readonly WaitingUpdate[],
  now: number,
  { giveUpMs }: Pick<ForwardingTimes, 'giveUpMs'>,
): WaitingUpdate[] {
  const first = waiting.findIndex(({ update }) => now - Date.parse(update.timestamp) < giveUpMs);
  return waiting.slice(0, first < 0 ? waiting.length : first);
}

/** What is said of an update that was given up after its time. */
export function outOfTime({ code, message, kind }: ErrorRecord, { giveUpMs }: ForwardingTimes): ErrorRecord {
  return { kind, code, message: `It could not be forwarded within ${formatDuration(giveUpMs)}. ${message}` };
}
