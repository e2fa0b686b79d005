import type { ClusterNode, ClusterOperation } from '@quartermaster/couchdb';
import type { ErrorRecord } from '@quartermaster/foundation';
import { awaitNodes, makeParts, nodesInWords } from './make-nodes.js';
import { putBackAll } from './mend-ring.js';
import {
  attemptStep,
  awaitStep,
  beingDeleted,
  loadCluster,
  type OperationEnd,
  type OperationSite,
} from './operation-site.js';
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
  return { outcome: { state: 'done', message, result: await showNow(site) } };
}

/** Why Kubernetes refuses it, for good. */
async function scaleUp(site: OperationSite, replicas: number, before: number): Promise<ErrorRecord | undefined> {
  const { journal, host, operation } = site;
  await putBackAll(site);
  await journal.step('note-replicas', { act: (guard) => host.note(operation, { replicas }, guard) });
  const made = await attemptStep(site, 'make', async () => {
    await makeParts(site, { ...(await loadCluster(site)), replicas });
    return true;
  });
  if ('refused' in made) {
    await endSurplus(site, before);
    await journal.step('note-replicas-back', { act: (guard) => host.note(operation, { replicas: before }, guard) });
    return made.refused;
  }
  await awaitNodes(site, 'They take part in the ring when they are.');
  return undefined;
}

/** Ends what was made before Kubernetes refused the rest: nodes that the ring never went through. */
async function endSurplus(site: OperationSite, replicas: number): Promise<void> {
  const { journal, host } = site;
  // While they are wished they are all in the list, also those that have no pod yet.
  const surplus = await journal.step('choose-surplus', {
    act: async () => {
      const cluster = await loadCluster(site);
      const isNew = ({ name }: ClusterNode): boolean => cluster.ring.every((node) => node.name !== name);
      return host.chooseLeaving(cluster, replicas).filter(isNew);
    },
  });
  if (surplus.length === 0) return;
  await awaitStep(site, 'end-surplus', async (guard) => {
    const { done } = await host.endNodes(await loadCluster(site), surplus, replicas, false, guard);
    return done ? true : undefined;
  });
}
