import type { RecordSet } from '../record.js';
import { hasSamePlace, isSameRecordSet } from '../record-sets.js';
import { DrainModel, FOREIGN, type Bug, type Wish } from './drain-model.js';
import { contentOf } from './memory-zone.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', '*', 'a-b'].map((label) => `${label}.example.com`);
const TYPES = ['A', 'A', 'AAAA', 'TXT', 'CNAME', 'SRV'];

/** The same numbers for the same seed, 0 to 1 (mulberry32). */
export function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Plays so many random operations (wishes, foreign edits, steps of the worker) and then lets the worker end its work in
 * peace. Throws when something was wrong on the way or at the end. Returns what happened how often.
 */
export async function playDrain(seed: number, operations: number, bug?: Bug): Promise<Record<string, number>> {
  const dice = createDice(seed);
  let isOver = false;
  const player = createPlayer(dice);
  const model: DrainModel = new DrainModel(
    dice,
    () => isOver,
    () => player.edit(model),
    bug,
  );
  for (let count = 0; count < operations; count += 1) {
    const roll = dice();
    if (roll < 0.35) player.wish(model);
    else if (roll < 0.5) player.edit(model);
    else await model.step();
  }
  isOver = true;
  for (let left = 10_000; await model.step(); left -= 1) {
    if (left === 0) throw new Error('it never comes to an end');
  }
  player.checkEnd(model);
  return model.counts;
}

interface Player {
  wish(model: DrainModel): void;
  edit(model: DrainModel): void;
  checkEnd(model: DrainModel): void;
}

function createPlayer(dice: () => number): Player {
  let serial = 0;
  /** Managed record → the host name that it has or is to have. */
  const hostnames = new Map<string, string>();
  const wishes: Wish[] = [];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(dice() * list.length)] as T;

  /** No two of them have the same value. */
  const invent = (name: string, isPoisoned = false): RecordSet => {
    serial += 1;
    const type = isPoisoned ? 'A' : pick(TYPES);
    const value = isPoisoned ? '999.0.0.1' : `${type.toLowerCase()}-${serial}`;
    return { name, type, ttl: pick([60, 300]), values: [value], is_special: false };
  };

  const recordOf = (hostname: string): string | undefined => [...hostnames].find(([, name]) => name === hostname)?.[0];

  /** A name is free once no record has it, has left anything there, or is about to. */
  const isFree = (model: DrainModel, hostname: string): boolean =>
    recordOf(hostname) === undefined &&
    ![...model.applied.values()].some(({ name }) => name === hostname) &&
    !model.waiting.some(({ wished }) => wished?.name === hostname);

  /** A record of which nothing stands and nothing is wished any more leaves its host name to others. */
  const forget = (model: DrainModel): void => {
    for (const record of hostnames.keys()) {
      const isWanted = model.applied.has(record) || model.waiting.some((one) => one.record === record);
      if (!isWanted) hostnames.delete(record);
    }
  };

  const wish = (model: DrainModel): void => {
    forget(model);
    const hostname = pick(NAMES);
    const own = recordOf(hostname);
    if (own === undefined && !isFree(model, hostname)) return;
    const record = own ?? `r${(serial += 1)}`;
    const roll = dice();
    const others = NAMES.filter((name) => isFree(model, name));
    const isRename = roll < 0.2 && own !== undefined && others.length > 0;
    const target = isRename ? pick(others) : hostname;
    const last = wishes.findLast((one) => one.record === record)?.wished;
    const standing = model.zone.at(target).find(({ set }) => !set.is_special)?.set;
    let wished: RecordSet | undefined = invent(target, dice() < 0.05);
    if (!isRename && roll < 0.35) wished = undefined;
    else if (roll < 0.45) wished = last?.name === target ? last : wished;
    else if (roll < 0.5) wished = standing ?? wished;
    const force = dice() < 0.1;
    const made: Wish = { id: `w${(serial += 1)}`, record, force, ...(wished === undefined ? {} : { wished }) };
    hostnames.set(record, target);
    wishes.push(made);
    model.waiting.push(made);
    model.count(isRename ? 'renames' : 'wishes');
  };

  const edit = (model: DrainModel): void => {
    const name = pick(NAMES);
    const before = model.zone.at(name);
    const target = before.length === 0 ? undefined : pick(before);
    const roll = dice();
    const changes = [];
    if (target !== undefined && roll < 0.7) changes.push({ action: 'DELETE' as const, set: target.set });
    if (target === undefined || roll > 0.35) {
      const waiting = model.waiting.find(({ wished }) => wished?.name === name)?.wished;
      const invented = invent(name);
      const retimed = target === undefined ? invented : { ...target.set, ttl: 1000 + (serial += 1) };
      const special = { ...invented, values: [], is_special: true };
      const set = pick([invented, invented, retimed, waiting ?? invented, dice() < 0.3 ? special : invented]);
      changes.push({ action: 'CREATE' as const, set });
    }
    // What is exactly as we remember it can't be told from ours, by nobody.
    const ownerOf = ({ set }: { readonly set: RecordSet }): string =>
      [...model.applied].find(([, applied]) => isSameRecordSet(applied, set))?.[0] ?? FOREIGN;
    const answer = model.zone.apply(changes, ownerOf);
    if ('messages' in answer) return;
    model.count('edits');
    const after = new Set(model.zone.all().map(({ set }) => contentOf(set)));
    for (const { set, owner } of before) {
      if (owner !== FOREIGN && !after.has(contentOf(set))) model.destroyed.add(contentOf(set));
    }
  };

  /**
   * Every wish has ended. The zone holds what is remembered, unless others have destroyed it or taken its place since, and
   * no more of ours.
   */
  const checkEnd = (model: DrainModel): void => {
    for (const { id } of wishes) {
      if (!model.outcomes.has(id)) throw new Error(`${id} has no end`);
    }
    const standing = model.zone.all();
    const remembered = [...model.applied.values()].filter((set) => !set.is_special);
    for (const set of remembered) {
      const isThere = standing.some((one) => isSameRecordSet(one.set, set));
      const isTaken = standing.some((one) => one.owner === FOREIGN && hasSamePlace(one.set, set));
      const isExcused = isTaken || model.destroyed.has(contentOf(set));
      if (!isThere && !isExcused) throw new Error(`${contentOf(set)} is not in the zone`);
    }
    for (const { set, owner } of standing) {
      const isKnown = owner === FOREIGN || remembered.some((one) => isSameRecordSet(one, set));
      if (!isKnown) throw new Error(`${contentOf(set)} of ${owner} is left`);
    }
  };

  return { wish, edit, checkEnd };
}
