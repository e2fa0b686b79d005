import type { ClusterNode, ClusterOperation } from '@quartermaster/couchdb';
import type { ErrorRecord } from '@quartermaster/foundation';
import { awaitGone } from './await-gone.js';
import { awaitNodes, makeParts, nodesInWords } from './make-nodes.js';
import { putBackAll } from './mend-ring.js';
import { attemptStep, beingDeleted, loadCluster, type OperationEnd, type OperationSite } from './operation-site.js';
import { part } from './part.js';
import { scaleDown } from './scale-down.js';
import { settleRing } from './settle-ring.js';
import { showNow } from './show-now.js';

type Scaling = Extract<ClusterOperation, { kind: 'scale' }>;

/** Brings a cluster to another number of nodes. The same number makes right what is not. */
export async function scaleCluster(site: OperationSite, operation: Scaling): Promise<OperationEnd> {
  const { tag, replicas, purge } = operation;
  const before = await site.journal.step('look-up-cluster', {
    act: async () => {
      const { replicas, deleting } = await loadCluster(site);
      if (deleting) throw beingDeleted(tag);
      return replicas;
    },
  });
  if (replicas < before) await scaleDown(site, replicas, purge);
  else {
    const refused = await scaleUp(site, replicas, before);
    if (refused !== undefined) return { outcome: { state: 'failed', error: refused } };
  }
  const ring = await settleRing(site, 'ring');
  const message = `CouchDB cluster ${tag} has ${nodesInWords(ring.length)}`;
  return { outcome: { state: 'done', message, result: await showNow(site) }, stands: true };
}

/** Why Kubernetes refuses it, for good. */
async function scaleUp(site: OperationSite, replicas: number, before: number): Promise<ErrorRecord | undefined> {
  const { journal, host, operation } = site;
  await putBackAll(site, 'put-back');
  await journal.step('note-replicas', { act: (guard) => host.note(operation, { replicas }, guard) });
  const made = await attemptStep(site, 'make', async () => {
    await makeParts(site, { ...(await loadCluster(site)), replicas });
    return true;
  });
  if ('refused' in made) {
    const why = await endSurplus(site, before);
    if (why !== undefined) return { ...made.refused, message: `${made.refused.message} ${why}` };
    await journal.step('note-replicas-back', { act: (guard) => host.note(operation, { replicas: before }, guard) });
    return made.refused;
  }
  await awaitNodes(site, 'They take part in the ring when they are.');
  return undefined;
}

/**
 * Ends what was made before Kubernetes refused the rest: nodes that the ring never went through. Clients may have found those
 * that are ready, so these part with the others before. Why they have to stay, with the new number of nodes still wished.
 */
async function endSurplus(site: OperationSite, replicas: number): Promise<string | undefined> {
  const { journal, host } = site;
  // While they are wished they are all in the list, also those that have no pod yet.
  const surplus = await journal.step('take-out-surplus', {
    act: async (guard) => {
      const cluster = await loadCluster(site);
      const isInRing = ({ name }: ClusterNode): boolean => cluster.ring.some((node) => node.name === name);
      const chosen = host.chooseLeaving(cluster, replicas).filter((node) => !isInRing(node));
      await host.takeOut(cluster, chosen, guard);
      const { nodes } = await loadCluster(site);
      return nodes.filter(({ name }) => chosen.some((node) => node.name === name));
    },
  });
  if (surplus.length === 0) return undefined;
  const names = surplus.map(({ name }) => name);
  // No client has reached, or will reach, one that was not ready when it was taken out.
  const reached = surplus.filter(({ ready }) => ready).map(({ name }) => name);
  const parting = reached.length === 0 ? undefined : await part(site, 'surplus', reached);
  if (parting?.is === 'late') {
    await putBackAll(site, 'put-back-surplus', names);
    return `What was made stays, as it may have data that the others lack: ${parting.why}.`;
  }
  await awaitGone(site, 'end-surplus', async (guard) => {
    const { done } = await host.endNodes(await loadCluster(site), surplus, replicas, false, guard);
    return done ? undefined : `of ${names.join(', ')} something is left`;
  });
  return undefined;
}
