import type { ErrorRecord } from '@quartermaster/foundation';
import type { ChangeStatus } from './dns-port.js';
import type { PlannedSet, WaitingSet } from './plan-batch.js';
import type { RecordChange, RecordSet } from './record.js';

/**
 * - `ready`: planned, not sent.
 * - `sent`: perhaps sent. Stored before the request goes out, so whoever finds it later has to ask the zone.
 * - `unsure`: the zone is looked at before anything is planned.
 * - `refused`: one set that Route 53 has refused alone; the zone says why.
 */
export type BatchPhase = 'ready' | 'sent' | 'unsure' | 'refused';

export interface Batch {
  readonly phase: BatchPhase;
  readonly sets: readonly PlannedSet[];
  /** Of `sent`: when, in ms since the epoch. */
  readonly sent_at?: number;
  /** Of `refused`: Route 53's words. */
  readonly reason?: string;
}

/** Where the work on a zone stands. JSON; stored as a whole, together with the outcomes that a step brought. */
export interface DrainState {
  readonly version: 1;
  /** The first is being worked on. No name is in two of them. */
  readonly batches: readonly Batch[];
  /** Nothing is done before (ms since the epoch). */
  readonly not_before?: number;
}

export const EMPTY_DRAIN: DrainState = { version: 1, batches: [] };

/** What the worker does next. */
export type DrainAction =
  /** Hand in what waits, in order of arrival (`taken`). With none: the zone is drained. */
  | { readonly do: 'take' }
  /** Wait until then (ms since the epoch), and ask again; rather by a delayed job than by sleeping. */
  | { readonly do: 'wait'; readonly until: number }
  /**
   * Read what stands at these names (`readStanding`), and hand it in (`looked`). Where reading fails, do it again later;
   * without a zone (`zone-not-found`) hand in `hopeless`.
   */
  | { readonly do: 'look'; readonly names: readonly string[] }
  /** Store what `sending` gives, then send these, then hand in `accepted`, `refused`, `unsent`, `hopeless` or `lost`. */
  | { readonly do: 'send'; readonly changes: readonly RecordChange[] };

export type DrainEvent =
  | { readonly event: 'taken'; readonly waiting: readonly WaitingSet[] }
  | { readonly event: 'sending' }
  | { readonly event: 'accepted'; readonly change_id: string; readonly status: ChangeStatus }
  /** Route 53 refuses the batch (`change-refused`): its words, and those of each of its messages. */
  | { readonly event: 'refused'; readonly reason: string; readonly messages: readonly string[] }
  /** It was certainly not carried out (throttled, a prior request not complete, not authorized): again, not before then. */
  | { readonly event: 'unsent'; readonly again_at: number }
  /** Nobody knows whether it was carried out: no answer, half an answer, an internal failure. */
  | { readonly event: 'lost' }
  /** It can't ever be carried out: there is no such zone (`zone-not-found`), or Route 53 has failed for too long. */
  | { readonly event: 'hopeless'; readonly error: ErrorRecord }
  | { readonly event: 'looked'; readonly standing: readonly RecordSet[] };

/** What became of a wish. `applied` is what is to be remembered of it from now on (`Intent.applied`). */
export type Outcome = { readonly id: string; readonly record: string } & (
  | { readonly result: 'superseded' }
  /** In the zone, and `INSYNC` once Route 53 says so of this change (at once where `status` says it). */
  | {
      readonly result: 'accepted';
      readonly change_id: string;
      readonly status: ChangeStatus;
      readonly applied?: RecordSet;
    }
  /**
   * It stood there already, and nothing was changed: `INSYNC`, unless a former change of the same record is being followed;
   * then that one's status stays.
   */
  | { readonly result: 'unchanged'; readonly applied?: RecordSet }
  | { readonly result: 'failed'; readonly error: ErrorRecord; readonly applied?: RecordSet }
);

export interface Step {
  readonly state: DrainState;
  readonly outcomes: readonly Outcome[];
}
