import { isLeaving, type CloudInstance } from './instance.js';

/** An instance in the cache. `written_at`: when it was last written there, in ms since the epoch. */
export interface CachedInstance {
  readonly instance: CloudInstance;
  readonly written_at: number;
}

export interface RefreshFacts {
  /** What the cache holds, by instance id. */
  readonly current: ReadonlyMap<string, CachedInstance>;
  /** What EC2 listed, in every state. */
  readonly listed: readonly CloudInstance[];
  /** Instances that this installation terminated, by id: when, in ms since the epoch. */
  readonly forgotten: ReadonlyMap<string, number>;
  /** When the listing began, in ms since the epoch. */
  readonly startedAt: number;
  /** How far EC2's listing may lag behind what EC2 answered elsewhere (it is eventually consistent), in ms. */
  readonly graceMs: number;
}

export interface RefreshPlan {
  readonly write: readonly CloudInstance[];
  readonly remove: readonly string[];
}

/** Decides how the cache becomes what EC2 listed, without undoing what builds and terminations did meanwhile. */
export function planRefresh(facts: RefreshFacts): RefreshPlan {
  const { current, listed, forgotten, startedAt } = facts;
  const horizon = startedAt - facts.graceMs;
  const forgottenLately = (id: string): boolean => (forgotten.get(id) ?? -Infinity) > horizon;

  const kept = new Map(
    listed
      .filter((instance) => !isLeaving(instance.state) && !forgottenLately(instance.id))
      .map((instance) => [instance.id, instance]),
  );
  const listedIds = new Set(listed.map(({ id }) => id));

  const write = [...kept.values()].filter((instance) => {
    const cached = current.get(instance.id);
    if (cached === undefined) return true;
    // What was written after the listing began is newer than the listing.
    return cached.written_at <= startedAt && !sameInstance(cached.instance, instance);
  });

  const remove = [...current].filter(([id, { written_at }]) => {
    if (kept.has(id)) return false;
    const mayBeTooNewForTheListing = !listedIds.has(id) && !forgottenLately(id) && written_at > horizon;
    return !mayBeTooNewForTheListing;
  });

  return { write, remove: remove.map(([id]) => id) };
}

/** Whether two instances say the same, whatever the order of their fields. */
function sameInstance(a: CloudInstance, b: CloudInstance): boolean {
  return stableText(a) === stableText(b);
}

function stableText(instance: CloudInstance): string {
  return JSON.stringify(Object.entries(instance).sort(([a], [b]) => (a < b ? -1 : 1)));
}
