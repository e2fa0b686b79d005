import type { EffectGuard } from '@quartermaster/foundation';
import { RetryLater } from '@quartermaster/jobs';
import { waitForSlot, type RequestSlots, type Slot, type SlotLane } from '@quartermaster/stores';

/** Who asks for slots of one service: each with its own claimant, one request at a time. */
export interface SlotClaimant {
  readonly slots: RequestSlots;
  readonly claimant: string;
  readonly lane: SlotLane;
}

/** A near slot. Throws `RetryLater` where there is none: the job comes back when it is its turn. */
export async function reserveSlot({ slots, claimant, lane }: SlotClaimant): Promise<Slot> {
  const claim = await slots.claim(claimant, lane);
  if ('retry_ms' in claim) throw new RetryLater(Math.max(1, claim.retry_ms));
  return claim.slot;
}

/** Makes one request in a near slot. Throws `RetryLater` where there is none. */
export async function requestInSlot<T>(own: SlotClaimant, request: () => Promise<T>): Promise<T> {
  return spend(await reserveSlot(own), request);
}

/**
 * Makes one request in a slot, however long that is waited for. For what would be lost by coming back later: the pages
 * that were read before this one, without which a long list would perhaps never come to its end.
 */
export async function requestInTime<T>(own: SlotClaimant, guard: EffectGuard, request: () => Promise<T>): Promise<T> {
  return spend(await waitForSlot(own.slots, own.claimant, own.lane, guard), request);
}

async function spend<T>(slot: Slot, request: () => Promise<T>): Promise<T> {
  try {
    await slot.reached();
    return await request();
  } finally {
    await slot.end();
  }
}
