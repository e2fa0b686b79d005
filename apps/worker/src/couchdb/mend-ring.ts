import { isSameRing, type ClusterNode, type RingNode } from '@quartermaster/couchdb';
import { ringMended } from '@quartermaster/notifications';
import { loadCluster, type OperationEnd, type OperationSite } from './operation-site.js';
import { settleRing } from './settle-ring.js';

const NOTHING: OperationEnd = { outcome: { state: 'done', message: 'Nothing to mend' }, told: '' };

/** Draws the ring through the nodes that are there now; those that were taken out by what failed are put back in front. */
export async function mendRing(site: OperationSite): Promise<OperationEnd> {
  const { journal, host, operation, log } = site;
  const before = await journal.step('look-up-ring', {
    act: async (guard) => {
      const cluster = await host.find(operation, guard);
      if (cluster === undefined || cluster.deleting) return { ring: null };
      return cluster.nodes.some(({ ready }) => ready) ? { ring: cluster.ring } : { ring: null };
    },
  });
  if (before.ring === null) return NOTHING;
  await putBackAll(site, 'put-back');
  const ring = await settleRing(site, 'ring');
  if (isSameRing(before.ring, ring)) return NOTHING;
  const { replicas } = await loadCluster(site);
  const changes = compareRings(before.ring, ring);
  const { owner, tag } = operation;
  const told = ringMended({ owner, tag }, { ...changes, nodes: ring.length, replicas });
  log.warn('The ring of a CouchDB cluster was mended', { owner, tag, ...changes, nodes: ring.length, replicas });
  const message = `The ring goes through ${ring.length} of ${replicas} nodes`;
  return { outcome: { state: 'done', message }, stands: true, told };
}

/** Nodes that nobody scales down (any more) take part again; `also`: of these it is known though they show nothing of it. */
export async function putBackAll(site: OperationSite, name: string, also: readonly string[] = []): Promise<void> {
  await site.journal.step(name, {
    act: async (guard) => {
      const cluster = await loadCluster(site);
      // One without a pod may have been taken down to be started anew, by what then failed.
      const isOut = ({ leaving, pod, name: node }: ClusterNode): boolean =>
        leaving || pod === undefined || also.includes(node);
      const out = cluster.nodes.filter(isOut);
      if (out.length > 0) await site.host.putBack(cluster, out, guard);
    },
  });
}

/** Names of nodes: which are not in the ring any more, which have come (back), and which are there but were started anew. */
export function compareRings(
  before: readonly RingNode[],
  after: readonly RingNode[],
): { bypassed: string[]; joined: string[]; restarted: string[] } {
  const wasIn = (node: RingNode): RingNode | undefined => before.find(({ name }) => name === node.name);
  return {
    bypassed: before.filter((node) => !after.some(({ name }) => name === node.name)).map(({ name }) => name),
    joined: after.filter((node) => wasIn(node) === undefined).map(({ name }) => name),
    restarted: after
      .filter((node) => {
        const former = wasIn(node);
        return former !== undefined && !isSameRing([former], [node]);
      })
      .map(({ name }) => name),
  };
}
