import type { DrainState, Outcome, Step } from '../drain-state.js';
import { EMPTY_DRAIN } from '../drain-state.js';
import { advance, nextAction } from '../drain.js';
import type { PlannedSet, WaitingSet } from '../plan-batch.js';
import { readStanding } from '../read-standing.js';
import type { RecordChange, RecordSet } from '../record.js';
import { isSameRecordSet } from '../record-sets.js';
import { contentOf, MemoryZone } from './memory-zone.js';

/** Mistakes that can be planted into the play, to see that its checks find them. */
export type Bug = 'upsert' | 'trusts-lost-answers' | 'rename-in-two' | 'outcomes-apart' | 'sends-unstored' | 'adopts';

export const FOREIGN = 'foreign';

class Crash extends Error {}

export interface Wish {
  readonly id: string;
  readonly record: string;
  readonly wished?: RecordSet;
  readonly force: boolean;
}

/**
 * Plays the worker, its store and Route 53 in one process, with mishaps by dice: it crashes between any two actions, loses
 * answers before or after the batch was carried out, or the batch is carried out late; it is throttled; and others edit
 * the zone at any moment. Checks, and throws, what must never be.
 */
export class DrainModel {
  readonly zone = new MemoryZone(LIMITS.values);
  readonly outcomes = new Map<string, Outcome>();
  readonly applied = new Map<string, RecordSet>();
  /** Our sets that somebody else has overwritten or deleted since. */
  readonly destroyed = new Set<string>();
  waiting: Wish[] = [];
  /** What happened how often. */
  readonly counts: Record<string, number> = {};
  private stored = JSON.stringify(EMPTY_DRAIN);
  private now = 0;
  private late: (() => void) | undefined;

  constructor(
    private readonly dice: () => number,
    private readonly isCalm: () => boolean,
    private readonly disturb: () => void,
    private readonly bug?: Bug,
  ) {}

  /** One action of the worker, or a part of it. `false`: nothing is left to do. */
  async step(): Promise<boolean> {
    try {
      return await this.act(JSON.parse(this.stored) as DrainState);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.count('crashed');
      return true;
    }
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  private async act(state: DrainState): Promise<boolean> {
    const action = nextAction(state, this.now, OPTIONS);
    this.count(action.do);
    switch (action.do) {
      case 'take':
        if (this.waiting.length === 0) return false;
        this.store(advance(state, { event: 'taken', waiting: this.takeable() }, this.now, OPTIONS));
        return true;
      case 'wait':
        this.late?.();
        this.late = undefined;
        this.now = action.until;
        return true;
      case 'look': {
        if (this.bug === 'trusts-lost-answers' && state.batches[0]?.phase === 'sent') {
          this.store(advance(state, { event: 'accepted', change_id: 'C1', status: 'PENDING' }, this.now, OPTIONS));
          return true;
        }
        const standing = await readStanding(action.names, (from) => {
          this.mishap(0.1, this.disturb);
          return Promise.resolve(this.zone.page(from, 3));
        });
        this.crash();
        this.store(advance(state, { event: 'looked', standing }, this.now, OPTIONS));
        return true;
      }
      default:
        this.send(state, action.changes);
        return true;
    }
  }

  private send(before: DrainState, changes: readonly RecordChange[]): void {
    const { state } = advance(before, { event: 'sending' }, this.now, OPTIONS);
    if (this.bug !== 'sends-unstored') this.store({ state, outcomes: [] });
    this.crash();
    const sets = before.batches[0]?.sets ?? [];
    if (this.mishap(0.05)) {
      this.store(advance(state, { event: 'unsent', again_at: this.now + 250 }, this.now, OPTIONS));
      return;
    }
    if (this.mishap(0.05)) return;
    if (this.mishap(0.05)) {
      this.late = () => void this.carryOut(sets, changes);
      return;
    }
    const answer = this.carryOut(sets, changes);
    if (this.mishap(0.1)) {
      if (this.bug !== 'sends-unstored') this.store(advance(state, { event: 'lost' }, this.now, OPTIONS));
      return;
    }
    this.mishap(0.2, this.disturb);
    this.crash();
    if ('messages' in answer) {
      const reason = `InvalidChangeBatch: [${answer.messages.join(', ')}]`;
      this.store(advance(state, { event: 'refused', reason, messages: answer.messages }, this.now, OPTIONS));
    } else {
      const { change_id } = answer;
      this.store(advance(state, { event: 'accepted', change_id, status: 'PENDING' }, this.now, OPTIONS));
    }
  }

  /** The batch at Route 53's side, and what must hold right after it. */
  private carryOut(sets: readonly PlannedSet[], planned: readonly RecordChange[]): ReturnType<MemoryZone['apply']> {
    const before = this.zone.all();
    // What is put back as it stood stays whose it was.
    const ownerOf = ({ set }: RecordChange): string =>
      before.find((one) => contentOf(one.set) === contentOf(set))?.owner ??
      sets.find(({ wished }) => wished !== undefined && isSameRecordSet(wished, set))?.record ??
      'nobody';
    let answer: ReturnType<MemoryZone['apply']> = { messages: [] };
    for (const changes of this.spoil(planned)) {
      answer = this.zone.apply(changes, ownerOf);
      if ('change_id' in answer) this.check(before, sets);
    }
    this.count('messages' in answer ? 'refused' : 'accepted');
    return answer;
  }

  private spoil(changes: readonly RecordChange[]): (readonly RecordChange[])[] {
    const [gone, come] = [changes.filter(isDelete), changes.filter((change) => !isDelete(change))];
    if (this.bug === 'rename-in-two' && gone.length * come.length > 0) return [gone, come];
    if (this.bug !== 'upsert' || come.length === 0) return [changes];
    const kept = gone.filter(({ set }) => !come.some((one) => one.set.name === set.name && one.set.type === set.type));
    return [[...kept, ...come.map(({ set }): RecordChange => ({ action: 'UPSERT', set }))]];
  }

  private check(before: ReturnType<MemoryZone['all']>, sets: readonly PlannedSet[]): void {
    const after = this.zone.all();
    for (const { set, owner } of before) {
      const isThere = after.some((one) => contentOf(one.set) === contentOf(set));
      const isOurs = sets.some(({ record, force }) => owner === record || (force && owner !== record));
      if (!isThere && !isOurs) throw new Error(`changed without force: ${contentOf(set)} of ${owner}`);
      if (!isThere && owner !== FOREIGN && !sets.some(({ record }) => record === owner))
        this.destroyed.add(contentOf(set));
    }
    for (const { record, wished } of sets) {
      const own = after.filter(({ set, owner }) => owner === record || (wished && isSameRecordSet(set, wished)));
      const expected = wished === undefined ? 0 : 1;
      if (own.length !== expected)
        throw new Error(`${own.length} sets of ${record} stand after a batch, not ${expected}`);
      for (const { set } of own) this.destroyed.delete(contentOf(set));
    }
  }

  private takeable(): WaitingSet[] {
    return this.waiting.map(({ id, record, wished, force }) => ({
      id,
      record,
      force,
      wished,
      applied: this.applied.get(record),
    }));
  }

  /** State and outcomes in one transaction. */
  private store({ state, outcomes }: Step): void {
    this.crash();
    this.stored = JSON.stringify(state);
    if (this.bug === 'outcomes-apart') this.crash();
    for (const outcome of outcomes) this.end(outcome);
  }

  private end(outcome: Outcome): void {
    const { id, record, result } = outcome;
    if (this.outcomes.has(id)) throw new Error(`${id} ended twice`);
    this.outcomes.set(id, outcome);
    this.count(result);
    const { wished, force = false } = this.waiting.find((wish) => wish.id === id) ?? {};
    this.waiting = this.waiting.filter((wish) => wish.id !== id);
    if (result === 'superseded') return;
    if (result === 'failed' && outcome.error.message === '') throw new Error(`${id} failed without a reason`);
    if (result === 'accepted' && wished !== undefined) this.checkChange(outcome.change_id, wished);
    if (result === 'unchanged' && wished !== undefined) this.checkKnown(record, wished);
    const applied =
      this.bug === 'adopts' && outcome.applied ? { ...outcome.applied, is_special: false } : outcome.applied;
    if (applied === undefined) {
      this.applied.delete(record);
      return;
    }
    const known = this.applied.get(record);
    this.applied.set(record, applied);
    const there = this.zone.at(applied.name).find(({ set }) => isSameRecordSet(set, applied));
    if (there?.owner !== FOREIGN) return;
    const isKnown = known !== undefined && isSameRecordSet(known, applied);
    if (result === 'unchanged' && !force && !isKnown) throw new Error(`adopted without force: ${contentOf(applied)}`);
    // Put there by others while our own change was under way, or taken over by force.
    this.zone.adopt(there.set, record);
  }

  private checkChange(changeId: string, wished: RecordSet): void {
    const isIn = this.zone.changes.get(changeId)?.some((set) => isSameRecordSet(set, wished)) === true;
    if (!isIn) throw new Error(`${changeId} did not put ${contentOf(wished)} there`);
  }

  /** What stood there already is INSYNC only if it is not ours, or its change is being followed. */
  private checkKnown(record: string, wished: RecordSet): void {
    const known = this.applied.get(record);
    const own = this.zone.at(wished.name).find(({ set, owner }) => owner === record && isSameRecordSet(set, wished));
    const isFollowed = known !== undefined && isSameRecordSet(known, wished);
    if (own !== undefined && !isFollowed) throw new Error(`INSYNC without proof: ${contentOf(wished)}`);
  }

  private crash(): void {
    if (this.mishap(0.03)) throw new Crash();
  }

  private mishap(chance: number, act?: () => void): boolean {
    if (this.isCalm() || this.dice() >= chance) return false;
    act?.();
    return true;
  }
}

const LIMITS = { values: 14, characters: 400 };
const OPTIONS = { limits: LIMITS, settle_ms: 5_000 };

function isDelete({ action }: RecordChange): boolean {
  return action === 'DELETE';
}
