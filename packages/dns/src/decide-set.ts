import type { ErrorRecord } from '@quartermaster/foundation';
import type { Outcome } from './drain-state.js';
import { confirm, judge, planChange, type Judgement } from './plan-change.js';
import type { PlannedSet } from './plan-batch.js';
import type { RecordSet } from './record.js';
import { hasSamePlace, isSameRecordSet, markForeign } from './record-sets.js';

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
  const planned = plan(set, standing);
  if (reason === undefined) return { send: planned };

  const refusals = set.refusals + 1;
  const isSame = JSON.stringify(planned.changes) === JSON.stringify(set.changes);
  if (refusals >= (isSame ? MAX_SAME : MAX_REFUSALS)) return refused(set, standing, reason);
  return { send: { ...planned, refusals } };
}

/** A set that was perhaps carried out. What is done is confirmed, as nothing else tells when it is INSYNC. */
export function decideSent(set: PlannedSet, standing: readonly RecordSet[]): Decision {
  const verdict = judge({ ...set, standing });
  if (verdict.verdict === 'foreign') return conflict(set, standing, verdict);
  if (verdict.verdict === 'not-done') return { send: plan(set, standing) };
  const { wished } = set;
  const own = wished === undefined ? undefined : standing.find((stands) => isSameRecordSet(stands, wished));
  if (own === undefined) return unchanged(set);
  return { send: { ...set, applied: appliedBy(set), force: false, changes: confirm(own) } };
}

/** What is to be remembered once it is carried out. */
export function appliedBy({ wished, is_theirs: isTheirs }: PlannedSet): RecordSet | undefined {
  return wished !== undefined && isTheirs === true ? markForeign(wished) : wished;
}

/** What stands already is not of this set's making: nobody sends what is done, and what was sent and is done is confirmed. */
function plan(set: PlannedSet, standing: readonly RecordSet[]): PlannedSet {
  const changes = planChange({ ...set, standing });
  if (changes === 'nothing') throw new Error(`nothing to send for ${set.id}, which is not done`);
  const { wished, force } = set;
  const isTheirs = !force && wished !== undefined && standing.some((stands) => isSameRecordSet(stands, wished));
  return { ...set, changes, is_theirs: isTheirs };
}

/** It is ours if we know to have made it, or if it was asked for with force; else it stays whose it is. */
function unchanged({ applied, wished, force }: PlannedSet): Result<'unchanged'> {
  if (wished === undefined) return { result: 'unchanged' };
  const isOurs = force || (applied !== undefined && isSameRecordSet(applied, wished));
  return { result: 'unchanged', applied: isOurs ? wished : markForeign(wished) };
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
