import type { ChangeStatus } from './dns-port.js';

/** Whether a change has arrived, or in how many ms to ask again. */
export type FollowUp = { readonly arrived: true } | { readonly arrived: false; readonly again_in_ms: number };

/**
 * Often at first, while somebody may wait for it, then seldom: each question is one of the account's five requests a second.
 * Route 53 usually needs a minute.
 */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
const LAST_PAUSE_MS = 30_000;

/**
 * What `DnsPort.getChange` tells of an accepted change that was `asked` about so many times before. A change that Route 53
 * does not know any more is one that it has long finished: it answered the id itself.
 */
export function planFollowUp(status: ChangeStatus | undefined, asked: number): FollowUp {
  if (status !== 'PENDING') return { arrived: true };
  return { arrived: false, again_in_ms: PAUSES_MS[asked] ?? LAST_PAUSE_MS };
}
