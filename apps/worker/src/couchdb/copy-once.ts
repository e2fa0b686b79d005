import { isSameRing, planCopy, toRingNode, type RingEdge, type RingNode } from '@quartermaster/couchdb';
import type { EffectGuard } from '@quartermaster/foundation';
import { awaitStep, forEach, loadCluster, OperationFailed, type OperationSite } from './operation-site.js';

/** Databases that are to be brought from one node to another. */
export interface Copy {
  readonly from: RingNode;
  readonly to: RingNode;
  readonly databases: readonly string[];
}

/** How long (ms) a copy may bring nothing over. */
const STANDSTILL_MS = 600_000;

/**
 * Brings all that nodes have of databases to other nodes, once, and waits until it is there. `again`: it is not, for a
 * node went away or was started anew, or CouchDB gave up. Throws `OperationFailed` where nothing moves for ten minutes.
 */
export async function copyOnce(
  site: OperationSite,
  name: string,
  copies: readonly Copy[],
): Promise<'copied' | 'again'> {
  const { journal } = site;
  const sources = copies.map((copy) => ({
    copy,
    edges: copy.databases.map((database) => planCopy(copy.from, copy.to, database)),
  }));
  const remove = (edges: readonly RingEdge[], from: RingNode, guard: EffectGuard): Promise<void> =>
    site.at(from.address, async (node) => {
      for (const { id } of edges) await node.removeReplication(id, guard);
    });

  await forEach(sources, ({ copy, edges }, number) =>
    journal.step(`${name}-${number}-begin`, {
      act: async (guard) => {
        if (!(await isThere(site, copy))) return;
        // One that was left behind would look as if this one were done.
        await remove(edges, copy.from, guard);
        await site.at(copy.from.address, async (node) => {
          for (const edge of edges) await node.putReplication(edge, guard);
        });
      },
    }),
  );
  const verdict = await awaitStep(site, `${name}-await`, () => lookAt(site, sources));
  // On a node that went away it stays, until that one comes back and the ring is drawn through it.
  await forEach(sources, ({ copy, edges }, number) =>
    journal.step(`${name}-${number}-end`, {
      act: async (guard) => ((await isThere(site, copy)) ? remove(edges, copy.from, guard) : undefined),
    }),
  );
  return verdict;
}

/** Whether both ends are ready and were not started anew. */
async function isThere(site: OperationSite, { from, to }: Copy): Promise<boolean> {
  const { nodes } = await loadCluster(site);
  return [from, to].every((end) =>
    nodes.some((node) => node.ready && toRingNode(node).some((now) => isSameRing([now], [end]))),
  );
}

async function lookAt(
  site: OperationSite,
  sources: readonly { readonly copy: Copy; readonly edges: readonly RingEdge[] }[],
): Promise<'copied' | 'again' | undefined> {
  const { guard } = site.journal;
  let isDone = true;
  for (const { copy, edges } of sources) {
    if (!(await isThere(site, copy))) return 'again';
    const standing = await site.at(copy.from.address, (node) => node.listReplications(guard));
    for (const edge of edges) {
      const found = standing.find(({ id }) => id === edge.id);
      if (found === undefined || found.state === 'failed') {
        const of = { database: edge.database, from: edge.source, to: edge.target, reason: found?.reason };
        site.log.warn('A copy between two CouchDB nodes has failed; it is begun again', of);
        return 'again';
      }
      if (found.state === 'completed') continue;
      isDone = false;
      const arrived = await site.at(copy.to.address, (node) => node.loadSequence(edge.database, guard));
      const stoodMs = site.standstill.lasts(`${site.operation.id} ${edge.id}`, arrived);
      if (stoodMs > STANDSTILL_MS) throw standsStill(edge, found.reason);
    }
  }
  return isDone ? 'copied' : undefined;
}

function standsStill({ database, source, target }: RingEdge, reason: string | undefined): OperationFailed {
  const why = reason === undefined ? '' : `: ${reason}`;
  const what = `Nothing of database ${database} has come from ${source} to ${target} for 10 minutes`;
  return new OperationFailed('unavailable', 'couchdb-copy-stands-still', `${what}${why}.`);
}
