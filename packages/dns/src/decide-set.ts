import type { ErrorRecord } from '@quartermaster/foundation';
import type { Outcome } from './drain-state.js';
import { confirm, judge, planChange, type Judgement } from './plan-change.js';
import type { PlannedSet } from './plan-batch.js';
import type { RecordChange, RecordSet } from './record.js';
import { hasSamePlace, isSameRecordSet } from './record-sets.js';

type Result<Kind extends Outcome['result']> = Omit<Extract<Outcome, { result: Kind }>, 'id' | 'record'>;

/** What becomes of a set now that the zone was looked at: it is sent (again), or it has come to its end. */
export type Decision = { readonly send: PlannedSet } | Result<'unchanged'> | Result<'failed'>;

/** The same changes are sent again once, as what was in their way may have gone; other ones a few times. */
const MAX_SAME = 2;
const MAX_REFUSALS = 5;

/** A set that has not been sent, or has been refused alone (`reason`: Route 53's words). */
export function decideUnsent(set: PlannedSet, standing: readonly RecordSet[], reason?: string): Decision {
  const verdict = judge({ ...set, standing });
  if (verdict.verdict === 'done') return unchanged(set);
  if (verdict.verdict === 'foreign') return conflict(set, standing, verdict, reason);
  const changes = plan(set, standing);
  if (reason === undefined) return { send: { ...set, changes } };

  const refusals = set.refusals + 1;
  const isSame = JSON.stringify(changes) === JSON.stringify(set.changes);
  if (refusals >= (isSame ? MAX_SAME : MAX_REFUSALS)) return refused(set, standing, reason);
  return { send: { ...set, changes, refusals } };
}

/** A set that was perhaps carried out. What is done is confirmed, as nothing else tells when it is INSYNC. */
export function decideSent(set: PlannedSet, standing: readonly RecordSet[]): Decision {
  const verdict = judge({ ...set, standing });
  if (verdict.verdict === 'foreign') return conflict(set, standing, verdict);
  if (verdict.verdict === 'not-done') return { send: { ...set, changes: plan(set, standing) } };
  const { wished } = set;
  const own = wished === undefined ? undefined : standing.find((stands) => isSameRecordSet(stands, wished));
  if (own === undefined) return unchanged(set);
  return { send: { ...set, applied: wished, force: false, changes: confirm(own) } };
}

function plan(set: PlannedSet, standing: readonly RecordSet[]): readonly RecordChange[] {
  const changes = planChange({ ...set, standing });
  if (changes === 'nothing') throw new Error(`nothing to send for ${set.id}, which is not done`);
  return changes;
}

function unchanged({ wished }: PlannedSet): Result<'unchanged'> {
  return { result: 'unchanged', ...(wished === undefined ? {} : { applied: wished }) };
}

function conflict(
  set: PlannedSet,
  standing: readonly RecordSet[],
  { words }: Extract<Judgement, { verdict: 'foreign' }>,
  reason?: string,
): Result<'failed'> {
  const message = `Somebody else’s record is there: ${words}.${reason === undefined ? '' : ` Route 53: ${reason}`}`;
  return failed(set, standing, { kind: 'conflict', code: 'foreign-record', message });
}

/** Nothing stands in its way: Route 53 does not like the record itself. */
function refused(set: PlannedSet, standing: readonly RecordSet[], reason: string): Result<'failed'> {
  return failed(set, standing, { kind: 'unprocessable', code: 'change-refused', message: reason });
}

/**
 * What is remembered after a failure: as before, as long as anything stands in that place, so that asking again meets the
 * same conflict; nothing once the place is empty, so that whatever comes there later is not taken for ours.
 */
function failed({ applied }: PlannedSet, standing: readonly RecordSet[], error: ErrorRecord): Result<'failed'> {
  const isKept = applied !== undefined && standing.some((set) => hasSamePlace(set, applied));
  return { result: 'failed', error, ...(isKept ? { applied } : {}) };
}
