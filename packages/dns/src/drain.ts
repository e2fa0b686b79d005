import type { ErrorRecord } from '@quartermaster/foundation';
import type { Batch, DrainAction, DrainEvent, DrainState, Outcome, Step } from './drain-state.js';
import { namesOf } from './plan-change.js';
import {
  packBatches,
  planBatch,
  ROUTE53_LIMITS,
  splitBatch,
  type BatchLimits,
  type PlannedSet,
  type WaitingSet,
} from './plan-batch.js';
import type { RecordSet } from './record.js';
import { appliedBy, decideSent, decideUnsent, type Decision } from './decide-set.js';

/**
 * The work on one zone, as a machine without hands: `nextAction` says what to do, `advance` takes in what came of it. The
 * worker does the rest by one rule: **every state is stored, with its outcomes in the same transaction, before the next
 * action is done.** So a crash between any two actions resumes rightly:
 *
 * | it died                                  | the stored state says | the next worker                                  |
 * | ---------------------------------------- | --------------------- | ------------------------------------------------ |
 * | planned, not stored                      | nothing taken         | takes and plans anew                             |
 * | stored as planned                        | `ready`               | sends it                                         |
 * | stored as `sent`, request out or not     | `sent`                | lets it settle, then asks the zone, set by set   |
 * | answer there, not stored                 | `sent`                | the same: the zone shows what was carried out    |
 *
 * A set that the zone shows as done has no change id, so nothing tells when it is INSYNC. It is therefore confirmed: a
 * DELETE and a CREATE of the same set, in one batch. That changes nothing, is refused if somebody has changed the set
 * meanwhile, and gives an id whose INSYNC covers the former change, as a zone's changes take effect in order. To wait for
 * a minute instead would prove nothing: Route 53 promises no time. A deletion needs none: nobody asks for its status.
 */
export interface DrainOptions {
  readonly limits?: BatchLimits;
  /**
   * How long an unanswered request may still be carried out, in ms, before the zone is believed: longer than the adapter's
   * own time limit, as it also counts for a process that died right after sending.
   */
  readonly settle_ms?: number;
}

const SETTLE_MS = 12_000;

export function nextAction(state: DrainState, now: number, options: DrainOptions = {}): DrainAction {
  if (state.not_before !== undefined && now < state.not_before) return { do: 'wait', until: state.not_before };
  const [batch] = state.batches;
  if (batch === undefined) return { do: 'take' };
  if (batch.phase === 'ready') return { do: 'send', changes: batch.sets.flatMap(({ changes }) => changes) };
  const settled = (batch.sent_at ?? 0) + (options.settle_ms ?? SETTLE_MS);
  if (batch.phase === 'sent' && now < settled) return { do: 'wait', until: settled };
  return { do: 'look', names: [...new Set(batch.sets.flatMap(namesOf))] };
}

/** Throws when the event does not belong to what `nextAction` asked for: a mistake of the caller's. */
export function advance(state: DrainState, event: DrainEvent, now: number, options: DrainOptions = {}): Step {
  const limits = options.limits ?? ROUTE53_LIMITS;
  const [batch, ...others] = state.batches;
  if (event.event === 'taken') {
    if (batch !== undefined) throw new Error('the drain has work in hand');
    return take(event, limits);
  }
  if (batch === undefined) throw new Error(`the drain has nothing in hand that could be ${event.event}`);
  expectPhase(batch, event);
  const goOn: GoOn = (batches, outcomes = []) => ({
    state: { version: 1, batches: [...batches, ...others] },
    outcomes,
  });

  switch (event.event) {
    case 'sending':
      return goOn([{ phase: 'sent', sets: batch.sets, sent_at: now }]);
    case 'accepted': {
      const { change_id, status } = event;
      return goOn(
        [],
        batch.sets.map((set) => ({
          ...about(set),
          result: 'accepted',
          change_id,
          status,
          ...remember(appliedBy(set)),
        })),
      );
    }
    case 'refused':
      if (batch.sets.length === 1) return goOn([{ phase: 'refused', sets: batch.sets, reason: event.reason }]);
      return goOn(splitBatch(batch.sets, event.messages).map(ready));
    case 'unsent': {
      const { state: next } = goOn([ready(batch.sets)]);
      return { state: { ...next, not_before: event.again_at }, outcomes: [] };
    }
    case 'lost':
      return goOn([batch]);
    case 'hopeless': {
      const { error } = event;
      return goOn(
        [],
        batch.sets.map((set) => ({ ...about(set), ...failHopeless(set, error) })),
      );
    }
    case 'looked':
      return settle(batch, event.standing, limits, goOn);
    default:
      throw new Error('no such event');
  }
}

/**
 * What becomes of a wish that can't ever be carried out. Where there is no zone (any more), nothing of ours stands: what was
 * to be deleted is gone, and everything else is forgotten with its reason, so that it can be made anew elsewhere.
 */
export function failHopeless(
  { wished, applied }: Pick<WaitingSet, 'wished' | 'applied'>,
  error: ErrorRecord,
): { result: 'unchanged' } | { result: 'failed'; error: ErrorRecord; applied?: RecordSet } {
  if (error.code !== 'zone-not-found') return { result: 'failed', error, ...remember(applied) };
  if (wished === undefined) return { result: 'unchanged' };
  return { result: 'failed', error: { ...error, kind: 'unprocessable' } };
}

/** What takes the place of the batch in hand. */
type GoOn = (batches: readonly Batch[], outcomes?: readonly Outcome[]) => Step;

function take({ waiting }: Extract<DrainEvent, { event: 'taken' }>, limits: BatchLimits): Step {
  const next = planBatch(waiting, limits);
  const recordOf = new Map(waiting.map(({ id, record }) => [id, record]));
  const batches: Batch[] = [ready(next.ready), { phase: 'unsure', sets: next.unsure }];
  return {
    state: { version: 1, batches: batches.filter(({ sets }) => sets.length > 0) },
    outcomes: next.superseded.map((id) => ({ id, record: recordOf.get(id) ?? '', result: 'superseded' })),
  };
}

function settle(batch: Batch, zone: readonly RecordSet[], limits: BatchLimits, goOn: GoOn): Step {
  const decisions = batch.sets.map((set): [PlannedSet, Decision] => [set, decide(batch, set, zone)]);
  const again = decisions.flatMap(([, decision]) => ('send' in decision ? [decision.send] : []));
  const ended = decisions.flatMap(([set, decision]) => ('send' in decision ? [] : [{ ...about(set), ...decision }]));
  return goOn(packBatches(again, limits).map(ready), ended);
}

function decide(batch: Batch, set: PlannedSet, zone: readonly RecordSet[]): Decision {
  const names = namesOf(set);
  const standing = zone.filter(({ name }) => names.includes(name));
  return batch.phase === 'sent' ? decideSent(set, standing) : decideUnsent(set, standing, batch.reason);
}

const PHASES = {
  sending: ['ready'],
  accepted: ['sent'],
  refused: ['sent'],
  unsent: ['sent'],
  lost: ['sent'],
  hopeless: ['ready', 'sent', 'unsure', 'refused'],
  looked: ['sent', 'unsure', 'refused'],
} satisfies Record<Exclude<DrainEvent['event'], 'taken'>, readonly Batch['phase'][]>;

function expectPhase({ phase }: Batch, { event }: Exclude<DrainEvent, { event: 'taken' }>): void {
  const phases: readonly Batch['phase'][] = PHASES[event];
  if (!phases.includes(phase)) throw new Error(`a batch that is ${phase} can’t be ${event}`);
}

function ready(sets: readonly PlannedSet[]): Batch {
  return { phase: 'ready', sets };
}

function about({ id, record }: PlannedSet): { id: string; record: string } {
  return { id, record };
}

function remember(applied: RecordSet | undefined): { applied?: RecordSet } {
  return applied === undefined ? {} : { applied };
}
