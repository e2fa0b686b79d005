import { randomUUID } from 'node:crypto';
import { clusterName, needsMending, type ClusterHost, type StandingCluster } from '@quartermaster/couchdb';
import type { Logger } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import type { ClusterBoard } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

export interface WatchRingsOptions {
  readonly board: ClusterBoard;
  /** Asked for only where there are clusters: it loads what is not needed otherwise. */
  readonly host: () => Pick<ClusterHost, 'list'>;
  readonly producer: Pick<Producer, 'describe' | 'dispatch' | 'enqueue'>;
  /** Told what was found, at every round. */
  readonly tellRings: (rings: ReadonlyMap<string, RingGap>) => void;
  readonly log: Logger;
  readonly now: () => number;
}

/** How far the ring of a cluster is from the nodes that it should go through. */
export interface RingGap {
  /** Nodes that are ready and stay, which the ring as it was drawn last does not go through. */
  readonly missing: number;
  /** The ring should be drawn anew. */
  readonly isBroken: boolean;
}

/** How often (ms) a worker is to ask the nodes of a cluster how far its ring has come. */
const CHECK_EVERY_MS = 30_000;

/**
 * Finds CouchDB clusters whose ring does not go through the nodes that are there, and has it drawn anew where nothing else
 * waits for the cluster. What it finds it says in the log; what was done is told by the worker. Has the others looked at by
 * a worker, as nodes say only to their administrator how far they have come.
 */
export function createWatchRings({ board, host, producer, tellRings, log, now }: WatchRingsOptions): Chore {
  let checkedAt = -Infinity;
  return {
    name: 'watch-rings',
    run: async (guard) => {
      const known = new Set((await board.listClusters()).map(clusterName));
      if (known.size === 0) {
        tellRings(new Map());
        return;
      }
      const clusters = (await host().list(undefined, guard)).filter(({ name }) => known.has(name));
      tellRings(new Map(clusters.map((cluster) => [cluster.name, gapOf(cluster)])));
      for (const found of clusters.filter(needsMending)) {
        guard.assertHeld();
        const { name, owner, tag, nodes, ring } = found;
        const job = producer.describe('work-off-cluster', { cluster: name });
        const operation = { kind: 'mend', id: randomUUID(), owner, tag } as const;
        if ((await board.acceptIfIdle(name, operation, job, now())) !== 'accepted') continue;
        const ready = nodes.filter((node) => node.ready).map((node) => node.name);
        log.warn('The ring of a CouchDB cluster does not go through its nodes; it is drawn anew', {
          cluster: name,
          operation_id: operation.id,
          ready,
          ring: ring.map((node) => node.name),
        });
        await producer.dispatch(job);
      }
      const drawn = clusters.filter(({ ring, deleting }) => ring.length > 1 && !deleting);
      if (drawn.length === 0 || now() - checkedAt < CHECK_EVERY_MS) return;
      checkedAt = now();
      for (const [index, { name, owner, tag }] of drawn.entries()) {
        guard.assertHeld();
        // One after the other: who asks for a cluster meanwhile does not wait for all of them.
        const due_at = checkedAt + Math.floor((CHECK_EVERY_MS * index) / drawn.length);
        await producer.enqueue('check-ring', { cluster: name, owner, tag }, { due_at });
      }
    },
  };
}

function gapOf(cluster: StandingCluster): RingGap {
  const drawn = new Set(cluster.ring.map(({ name, incarnation }) => `${name} ${incarnation}`));
  const wanted = cluster.nodes.filter(({ ready, leaving }) => ready && !leaving);
  const missing = wanted.filter(({ name, incarnation }) => !drawn.has(`${name} ${incarnation}`)).length;
  return { missing: cluster.deleting ? 0 : missing, isBroken: needsMending(cluster) };
}
