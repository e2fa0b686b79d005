import type { RecordChange, RecordSet } from './record.js';
import { describeRecordSet, excludeEachOther, hasSamePlace, isSameRecordSet } from './record-sets.js';

/** What is to become of one managed record. Both missing: nothing. The names differ: it is renamed. */
export interface Intent {
  /** What we know to stand in the zone by our hand; special: what we know to be somebody else's (`markForeign`). */
  readonly applied?: RecordSet | undefined;
  /** What is to stand there; missing: it is to be deleted. */
  readonly wished?: RecordSet | undefined;
  /** Replaces what others have put there. */
  readonly force: boolean;
}

export interface Facts extends Intent {
  /** Every set that stands at the names concerned, as just read. */
  readonly standing: readonly RecordSet[];
}

export type Judgement =
  | { readonly verdict: 'done' }
  | { readonly verdict: 'not-done' }
  /** `words` tells people what stands where. */
  | { readonly verdict: 'foreign'; readonly words: string };

/** The names at which an intent changes something. */
export function namesOf({ applied, wished }: Intent): string[] {
  const names = [applied, wished].flatMap((set) => (set === undefined ? [] : [set.name]));
  return [...new Set(names)];
}

/**
 * What is to be sent, as one inseparable set, or 'nothing'. Without `standing` it believes that what is remembered stands
 * and nothing else does, and leaves it to Route 53 to refuse where that is wrong: DELETE must match exactly, CREATE finds
 * nothing there. With `standing` it leaves out what is done already (a DELETE of what somebody has deleted), and spells
 * what it deletes as it stands. Deletions come first, as Route 53 goes through a batch in order.
 *
 * Where `wished` stands already and something else has to go, `wished` is confirmed in the same batch: else somebody could
 * delete it in between, and a rename would leave neither name.
 *
 * Without `force` it deletes `applied` and nothing else. With `force` it empties the place of `applied` whatever stands
 * there, deletes what excludes `wished`, and upserts. It never deletes a special set, whose words we do not have.
 */
export function planChange({ applied, wished, force, standing }: Intent & Partial<Facts>): RecordChange[] | 'nothing' {
  const believed = standing ?? (applied === undefined ? [] : [applied]);
  const isWished = (set: RecordSet): boolean => wished !== undefined && isSameRecordSet(set, wished);
  const mayGo = (set: RecordSet): boolean => {
    if (set.is_special || isWished(set)) return false;
    if (!force) return applied !== undefined && isSameRecordSet(set, applied);
    if (wished !== undefined && hasSamePlace(set, wished)) return false;
    if (applied !== undefined && hasSamePlace(set, applied)) return true;
    return wished !== undefined && excludeEachOther(set, wished);
  };

  const changes: RecordChange[] = believed.filter(mayGo).map((set) => ({ action: 'DELETE', set }));
  if (wished === undefined) return changes.length === 0 ? 'nothing' : changes;
  const there = believed.find(isWished);
  if (there === undefined) return [...changes, { action: force ? 'UPSERT' : 'CREATE', set: wished }];
  return changes.length === 0 ? 'nothing' : [...changes, ...confirm(there)];
}

/** Changes nothing, and is refused unless exactly this stands there. */
export function confirm(set: RecordSet): RecordChange[] {
  return [
    { action: 'DELETE', set },
    { action: 'CREATE', set },
  ];
}

/**
 * What the zone says of an intent: after a lost answer, where only the zone knows whether the change was carried out, and
 * after a refusal.
 *
 * - `done`: what is wished stands, and what it replaces is gone; to delete: nothing stands in its place. Whoever did it.
 * - `foreign`: what stands in the place of `applied` or in the way of `wished` is not ours: another value, another TTL,
 *   a special set, a set of another type beside which a CNAME can't be.
 * - `not-done`: it can be planned anew from what stands. A remembered set that somebody has deleted is in nobody's way.
 */
export function judge({ applied, wished, force, standing }: Facts): Judgement {
  const isApplied = (set: RecordSet): boolean => applied !== undefined && isSameRecordSet(set, applied);
  const isWished = (set: RecordSet): boolean => wished !== undefined && isSameRecordSet(set, wished);
  const appliedStands = standing.some((set) => isApplied(set) && !isWished(set));

  if (standing.some(isWished)) return { verdict: appliedStands ? 'not-done' : 'done' };
  const inTheWay = standing.filter(
    (set) =>
      !isApplied(set) &&
      ((wished !== undefined && excludeEachOther(set, wished)) ||
        (applied !== undefined && hasSamePlace(set, applied))),
  );
  const obstacles = force ? inTheWay.filter((set) => set.is_special && !isReplaceable(set, wished)) : inTheWay;
  if (obstacles.length > 0) return { verdict: 'foreign', words: describeStanding(obstacles) };
  if (wished === undefined && !appliedStands && inTheWay.length === 0) return { verdict: 'done' };
  return { verdict: 'not-done' };
}

/** An UPSERT replaces an alias in its own place (and Route 53 refuses it beside a routing policy). */
function isReplaceable(special: RecordSet, wished: RecordSet | undefined): boolean {
  return wished !== undefined && hasSamePlace(special, wished);
}

function describeStanding(sets: readonly RecordSet[]): string {
  return [...new Set(sets.map((set) => `${describeRecordSet(set)} stands at ${set.name}`))].join('; ');
}
