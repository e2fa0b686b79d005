import {
  lookAtRing,
  type ClusterHost,
  type ClusterNode,
  type CouchNode,
  type CouchPort,
  type NodeSight,
  type SeenWay,
  type StandingCluster,
} from '@quartermaster/couchdb';
import { describeError, type EffectGuard, type Logger } from '@quartermaster/foundation';

export interface RingParts {
  readonly host: Pick<ClusterHost, 'loadAdmin'>;
  readonly couch: CouchPort;
}

/** How long (ms) one node may take for what it is asked, and how many are asked at once. */
const NODE_MS = 3_000;
const AT_ONCE = 10;

/**
 * Asks the nodes of a cluster how their replications stand, then those whose CouchDB does not say what is pending how
 * many documents they have. Of a node that says nothing nothing is known; throws only where `guard` ends.
 */
export function createSeeRing(
  { host, couch }: RingParts,
  guard: EffectGuard,
  log: Logger,
): (cluster: StandingCluster) => Promise<SeenWay[]> {
  const limit = createLimit(AT_ONCE);
  return async (cluster) => {
    let admin: ReturnType<ClusterHost['loadAdmin']> | undefined;
    const ask = async (
      { name, address = '' }: ClusterNode,
      look: (node: CouchNode, own: EffectGuard) => Promise<void>,
    ): Promise<void> => {
      const signal = AbortSignal.any([guard.signal, AbortSignal.timeout(NODE_MS)]);
      const own: EffectGuard = { signal, assertHeld: () => (signal.throwIfAborted(), guard.assertHeld()) };
      try {
        await look(couch.node(address, await (admin ??= host.loadAdmin(cluster, guard))), own);
      } catch (error) {
        guard.assertHeld();
        log.debug('A CouchDB node does not say how it replicates', { node: name, error: describeError(error) });
      }
    };
    const sights = new Map<string, NodeSight>();
    const asked = cluster.nodes.filter(({ ready, name }) => ready && cluster.ring.some((node) => node.name === name));
    const askAll = (look: (name: string, node: CouchNode, own: EffectGuard) => Promise<void>): Promise<void[]> =>
      Promise.all(asked.map((one) => limit(() => ask(one, (node, own) => look(one.name, node, own)))));

    await askAll(async (name, node, own) => {
      sights.set(name, { replications: await node.listReplications(own) });
    });
    const seen = lookAtRing(cluster, sights);
    const untold = seen.filter(({ state, pending }) => state !== 'unknown' && pending === undefined);
    if (untold.length === 0) return seen;
    await askAll(async (name, node, own) => {
      const sight = sights.get(name);
      if (sight === undefined) return;
      const ends = untold.filter(({ source, target }) => source === name || target === name);
      const documents = new Map<string, number>();
      sights.set(name, { ...sight, documents });
      for (const database of new Set(ends.map((way) => way.database))) {
        documents.set(database, await node.countDocuments(database, own));
      }
    });
    return lookAtRing(cluster, sights);
  };
}

/** Lets so many run at once; the others wait for their turn. */
function createLimit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
