import type { RecordSet } from '@quartermaster/dns';
import type { ErrorRecord } from '@quartermaster/foundation';

/** `PENDING` until Route 53 says that its latest wish has spread to all name servers. */
export type DnsRecordStatus = 'PENDING' | 'INSYNC' | 'FAILED';

/** A managed record, under one of its host names. Times are ISO 8601 UTC. */
export interface DnsRecord {
  /** Stays the same when it is renamed. */
  readonly id: string;
  /** As it was asked for. */
  readonly hostname: string;
  /**
   * What to show (`showRecord`): the latest wish; of a record that is being deleted, or under the old name of one that is
   * being renamed, what is to go.
   */
  readonly set: RecordSet;
  readonly status: DnsRecordStatus;
  /** Of `FAILED`. */
  readonly error?: ErrorRecord;
  readonly zone_id: string;
  /** Its latest change that Route 53 has accepted. */
  readonly change_id?: string;
  /** Its latest wish is to be gone. Once that is accepted, there is no record. */
  readonly is_leaving: boolean;
  /** Loaded under its old name: where it goes. That name is not free before the rename has ended. */
  readonly renamed_to?: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * `waiting` → `accepted` (Route 53 has taken it) → `insync`; or `failed`. What was overtaken by a later wish of the same
 * record before it was sent has that one's fate.
 */
export type ChangeSetState = 'waiting' | 'accepted' | 'insync' | 'failed';

/** One wish, for those who wait for its end. Kept a week after that. */
export interface ChangeSet {
  readonly id: string;
  readonly record: string;
  readonly zone_id: string;
  /** The name under which the record was asked for: with a rename the old one. */
  readonly hostname: string;
  /** Missing: it is to be deleted. */
  readonly wished?: RecordSet;
  readonly state: ChangeSetState;
  readonly error?: ErrorRecord;
  readonly change_id?: string;
  /** It was never sent: state, error and change are this later one's. */
  readonly superseded_by?: string;
  readonly slack_channel?: string;
  readonly request_id: string;
  readonly created_at: string;
}

/** A wish as it comes in. */
export interface NewChangeSet {
  /** The caller's (`request.operationId`): the same again is the same wish. */
  readonly id: string;
  readonly zone_id: string;
  /** Whose record is meant. `wished` may name another host: then it is renamed. */
  readonly hostname: string;
  /** What is to stand there; missing: the record is to be deleted. */
  readonly wished?: RecordSet;
  /** Replaces what others have put there. */
  readonly force: boolean;
  /** PUT and DELETE mean a record that is there; POST makes one where there is none. */
  readonly must_exist: boolean;
  readonly slack_channel?: string | undefined;
  readonly request_id: string;
}

export type Asked =
  /**
   * `accepted`: dispatch the job. `same`: this id was accepted before, with the same body; while it waits, enqueue the job
   * anew. `forgotten`: a record that never was in the zone is deleted at once, with nothing left to do.
   */
  | { readonly outcome: 'accepted' | 'same' | 'forgotten' }
  /** This id was accepted before, with another body (409). */
  | { readonly outcome: 'differs' }
  /** `must_exist`, and there is no managed record of this name (404). */
  | { readonly outcome: 'unknown' }
  /** The host name belongs to a record that is on its way to another name, `hostname` (409). */
  | { readonly outcome: 'being-renamed'; readonly hostname: string }
  /** The name wished for belongs to another managed record (409). */
  | { readonly outcome: 'taken' }
  /** The record is in another zone; delete it first (422). */
  | { readonly outcome: 'other-zone'; readonly zone_id: string };
