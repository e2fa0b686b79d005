import { randomUUID } from 'node:crypto';
import { describeError, type EffectGuard, type Logger } from '@quartermaster/foundation';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { CLAIM, END } from './request-slot-scripts.js';
import { runScript } from './script.js';

/**
 * Two sorts of requests, each with its own order of turns, so that neither can crowd out the other: those that change
 * something, and those that only follow what was changed. The latter get half of the slots at most.
 */
export type SlotLane = 'change' | 'follow';

/** The right to make one request at a certain time. It counts from then until a second after its end. */
export interface Slot {
  /** Waits for that time. */
  reached(): Promise<void>;
  /** The request has ended, however, or is not made. A slot that nobody ends does so by itself, after a while. */
  end(): Promise<void>;
}

/** `retry_ms`: all near slots are taken; the claimant's turn is kept for it and comes about then. */
export type SlotClaim = { readonly slot: Slot } | { readonly retry_ms: number };

/** Paces the requests to one service over all processes: at most so many in any second, as the service counts them. */
export interface RequestSlots {
  /** A slot within a moment (one spacing), or when to come back. One claimant makes one request at a time. */
  claim(claimant: string, lane: SlotLane): Promise<SlotClaim>;
}

export interface RequestSlotsOptions {
  /** Requests are counted by this name. */
  readonly service: string;
  readonly perSecond: number;
  readonly log: Logger;
}

/** What Route 53 grants an account is 5 a second, for everything; one of them is left to people and other tools. */
export const ROUTE53_PER_SECOND = 4;

export function createRequestSlots(
  redis: Redis,
  keys: Keys,
  { service, perSecond, log }: RequestSlotsOptions,
): RequestSlots {
  const spacing = Math.ceil(1000 / perSecond);
  const places = keys.requestPlaces(service);
  const claimKeys = [keys.requestSlots(service), keys.requestTickets(service), places];

  return {
    claim: async (claimant, lane) => {
      const gap = lane === 'follow' ? 2 * spacing : spacing;
      const place = randomUUID();
      const reply = await runScript(redis, CLAIM, claimKeys, [claimant, lane, spacing, gap, perSecond, place]);
      const [granted, ms] = reply as [number, number];
      if (granted === 0) return { retry_ms: ms };
      const start = performance.now() + ms;
      return {
        slot: {
          reached: async () => {
            const left = start - performance.now();
            if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
          },
          end: async () => {
            await runScript(redis, END, [places], [place]).catch((error: unknown) => {
              log.debug('A slot could not be ended; it ends by itself', { service, error: describeError(error) });
            });
          },
        },
      };
    },
  };
}

/** Waits for a slot, however long it takes; the caller ends it. Throws when the guard's time is over. */
export async function waitForSlot(
  slots: RequestSlots,
  claimant: string,
  lane: SlotLane,
  guard: EffectGuard,
): Promise<Slot> {
  for (;;) {
    guard.assertHeld();
    const claim = await slots.claim(claimant, lane);
    if ('slot' in claim) {
      await claim.slot.reached();
      return claim.slot;
    }
    await new Promise((resolve) => setTimeout(resolve, claim.retry_ms));
  }
}
