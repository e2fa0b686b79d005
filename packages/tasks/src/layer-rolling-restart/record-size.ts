import type { RestartFields, Target } from './fields.js';
import { LONGEST_REASON } from './follow.js';
import type { PlanState } from './plan.js';
import { leftOf, toFields } from './record-state.js';

/** The store takes 1 MB of fields (bytes of JSON); the rest is room for what can not be foreseen to the byte. */
const MOST_BYTES = 950_000;
/** Of one failure, beside its reason: names, times, and JSON around them. */
const FAILURE_BYTES = 250;

const TIME = '2026-01-01T00:00:00.000Z';
const LATE = {
  status: 'connection_lost',
  sent: true,
  held: true,
  looks: 100_000,
  moved: true,
  spentMs: 604_800_000,
  stoppingAt: TIME,
  shutdownAt: TIME,
  startedAt: TIME,
  onlineAt: TIME,
} as const;

/** Whether the record can hold all that a restart of these may come to say: it must not end for that in the middle. */
export function fitsRecord(fields: RestartFields, state: PlanState): boolean {
  const targets = state.targets.map((target): Target => ({ ...target, ...LATE, phase: 'stopping' }));
  const full = { ...fields, ...toFields({ ...state, targets }), instancesLeft: leftOf(targets) };
  const failures = Math.min(targets.length, state.maxFailures + state.windowSize);
  const reasons =
    failures * (2 * LONGEST_REASON + FAILURE_BYTES) + Math.min(targets.length, state.windowSize) * LONGEST_REASON;
  return Buffer.byteLength(JSON.stringify(full)) + reasons <= MOST_BYTES;
}
