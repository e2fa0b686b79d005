import type { StandingCluster } from './cluster.js';
import type { Replication } from './couch-port.js';
import { planRing } from './ring.js';

/** What one node says of itself. */
export interface NodeSight {
  /** Ours, in its `_replicator`. */
  readonly replications: readonly Replication[];
  /** How many documents its databases have, deleted ones too, as far as it was asked. */
  readonly documents?: ReadonlyMap<string, number>;
}

/** By the node's name. A node that could not be asked is missing. */
export type NodeSights = ReadonlyMap<string, NodeSight>;

/** How one database goes on from one node to the next. */
export interface SeenWay {
  readonly database: string;
  /** Names of nodes. */
  readonly source: string;
  readonly target: string;
  /** `missing`: the source has no such replication. `unknown`: the source could not be asked. */
  readonly state: Replication['state'] | 'missing' | 'unknown';
  readonly reason?: string;
  /**
   * Changes that have not gone on yet, as CouchDB says. Where it does not (1.x, or while the replication fails): documents
   * that the source has more than the target, which leaves out what was only edited. Missing: nobody says.
   */
  readonly pending?: number;
}

/** How far a ring has come. */
export interface RingFigures {
  /** Of the way with the most; missing where nobody says. */
  readonly pending?: number;
  /** How many ways are in each state that any is in. */
  readonly ways: Readonly<Partial<Record<SeenWay['state'], number>>>;
}

/** The ways of the ring as it was drawn last, each with what its nodes say of it. */
export function lookAtRing({ ring, databases }: StandingCluster, sights: NodeSights): SeenWay[] {
  return planRing(ring, databases).map(({ id, database, source, target }) => {
    const sight = sights.get(source);
    const found = sight?.replications.find((replication) => replication.id === id);
    const [there, arrived] = [sight, sights.get(target)].map((end) => end?.documents?.get(database));
    const surplus = there === undefined || arrived === undefined ? undefined : Math.max(0, there - arrived);
    const pending = found?.pending ?? surplus;
    return {
      database,
      source,
      target,
      state: sight === undefined ? 'unknown' : (found?.state ?? 'missing'),
      ...(found?.reason === undefined ? {} : { reason: found.reason }),
      ...(pending === undefined ? {} : { pending }),
    };
  });
}

/** Ways that do not work and will not by themselves: the ring should be drawn anew. */
export function hasGaps(ways: readonly SeenWay[]): boolean {
  return ways.some(({ state }) => state === 'missing' || state === 'failed');
}

export function sumUpRing(ways: readonly SeenWay[]): RingFigures {
  const known = ways.flatMap(({ pending }) => (pending === undefined ? [] : [pending]));
  const counts: Partial<Record<SeenWay['state'], number>> = {};
  for (const { state } of ways) counts[state] = (counts[state] ?? 0) + 1;
  return { ways: counts, ...(known.length === 0 ? {} : { pending: Math.max(...known) }) };
}
