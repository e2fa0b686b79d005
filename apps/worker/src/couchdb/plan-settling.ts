import { isSameRing, toRingNode, type RingNode, type StandingCluster } from '@quartermaster/couchdb';

/** What is to be done next that the ring goes through all nodes that are there. */
export type SettlingPlan = {
  /** Through which nodes the ring is drawn, in order. */
  readonly members: readonly RingNode[];
  /** Who sends to the ring and gets nothing any more. */
  readonly leaving: readonly RingNode[];
  /** Of the members: who gets everything that `source` has before the ring closes over it. */
  readonly newcomers: readonly RingNode[];
  readonly source?: RingNode;
  readonly databases: readonly string[];
};

/**
 * A node is known where the ring was drawn through it and it was not started anew since; what it has is as good as
 * anybody's. Where nobody is known there is nothing to fill anyone from, and the ring itself brings all together. Where
 * nodes of the drawn ring are missing it is closed over the known ones first: to fill the others may take long.
 */
export function planSettling(cluster: StandingCluster, leavingNames: ReadonlySet<string>): SettlingPlan {
  const ready = cluster.nodes.filter(({ ready }) => ready).flatMap(toRingNode);
  const goes = new Set([...leavingNames, ...cluster.nodes.filter(({ leaving }) => leaving).map(({ name }) => name)]);
  const leaving = ready.filter(({ name }) => goes.has(name));
  const staying = ready.filter(({ name }) => !goes.has(name));
  const isKnown = (node: RingNode): boolean => cluster.ring.some((former) => isSameRing([former], [node]));
  const known = staying.filter(isKnown);
  const newcomers = staying.filter((node) => !isKnown(node));
  const source = known[0] ?? leaving.find(isKnown);
  const { databases } = cluster;
  if (source === undefined || newcomers.length === 0) return { members: staying, leaving, newcomers: [], databases };
  if (known.length > 0 && !isSameRing(known, cluster.ring)) {
    return { members: known, leaving, newcomers: [], databases };
  }
  return { members: staying, leaving, newcomers, source, databases };
}

/** Whether a plan, once carried out, has left nothing to do. */
export function isSettled(cluster: StandingCluster, done: SettlingPlan, leavingNames: ReadonlySet<string>): boolean {
  const next = planSettling(cluster, leavingNames);
  return (
    isSameRing(next.members, cluster.ring) && isSamePlan({ ...done, newcomers: [] }, { ...next, members: done.members })
  );
}

export function isSamePlan(a: SettlingPlan, b: SettlingPlan): boolean {
  return (
    isSameRing(a.members, b.members) &&
    isSameRing(a.leaving, b.leaving) &&
    isSameRing(a.newcomers, b.newcomers) &&
    a.databases.join() === b.databases.join()
  );
}
