import type { ErrorRecord } from '@quartermaster/foundation';
import type { ZoneTrouble } from '@quartermaster/stores';

export interface TroubleSettings {
  /** How long (ms) Route 53 may fail before what waits for it fails too. */
  readonly giveUpMs: number;
  /** The first pause (ms); it doubles with every failure. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** What failed longer ago (ms) than this is another matter: nobody has tried since. */
const SAME_MATTER_MS = 900_000;

export function worsen(trouble: ZoneTrouble | undefined, now: number): ZoneTrouble {
  if (trouble === undefined || now - trouble.last_at > SAME_MATTER_MS) return { since: now, last_at: now, tries: 1 };
  return { since: trouble.since, last_at: now, tries: trouble.tries + 1 };
}

export function isHopeless({ since, last_at }: ZoneTrouble, { giveUpMs }: TroubleSettings): boolean {
  return last_at - since >= giveUpMs;
}

export function pauseOf({ tries }: ZoneTrouble, { backoffMs, maxBackoffMs }: TroubleSettings): number {
  return Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(tries - 1, 30));
}

export function describeTrouble({ since, tries }: ZoneTrouble, { message }: ErrorRecord): string {
  return `Route 53 has failed ${tries} times since ${new Date(since).toISOString()}: ${message}`;
}
