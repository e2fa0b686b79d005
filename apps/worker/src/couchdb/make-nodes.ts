import type { StandingCluster } from '@quartermaster/couchdb';
import { formatDuration } from '@quartermaster/foundation';
import { awaitStep, loadCluster, OperationFailed, partStep, timeStep, type OperationSite } from './operation-site.js';

/** Has everything that a cluster of this shape consists of made, or made right. */
export async function makeParts(site: OperationSite, cluster: StandingCluster, name?: string): Promise<void> {
  for (const part of site.host.partsOf(cluster)) {
    const step = [...(name === undefined ? [] : [name]), partStep(site, part.name)].join('-');
    await site.journal.step(step, { act: (guard) => site.host.make(cluster, part, guard) });
  }
}

/** Waits until all wished nodes are ready. Throws `OperationFailed` after `COUCHDB_READY_TIMEOUT`, naming those that are not. */
export async function awaitNodes(site: OperationSite, whatFollows: string): Promise<void> {
  const { readyMs } = site.settings;
  const since = await timeStep(site, 'await-nodes-since');
  const seen = await awaitStep(site, 'await-nodes', async () => {
    const { nodes, replicas } = await loadCluster(site);
    const ready = nodes.filter(({ ready, leaving }) => ready && !leaving).length;
    if (ready >= replicas) return { ready, replicas };
    if (site.now() - since < readyMs) return undefined;
    return { ready, replicas, late: nodes.filter(({ ready }) => !ready).map(({ name }) => name) };
  });
  if (seen.late === undefined) return;
  const who = seen.late.length === 0 ? '' : ` (not: ${seen.late.join(', ')})`;
  const what = `${seen.ready} of ${seen.replicas} nodes of CouchDB cluster ${site.operation.tag} are ready`;
  throw new OperationFailed(
    'unavailable',
    'cluster-not-ready',
    `After ${formatDuration(readyMs)} ${what}${who}. ${whatFollows}`,
    true,
  );
}

export function nodesInWords(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`;
}
