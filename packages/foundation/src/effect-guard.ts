/**
 * What an effect on the outside gets from the journal: the right to act, and its end.
 * An adapter hands `signal` to its client and calls `assertHeld` before every single attempt, the client's own retries
 * included: a process that was stopped and woke up again finds here that its time is over.
 */
export interface EffectGuard {
  /** Aborted when the right to act ends. */
  readonly signal: AbortSignal;
  /** Throws when the right to act has ended, by the clock; it does not wait for a timer to have fired. */
  assertHeld(): void;
}
