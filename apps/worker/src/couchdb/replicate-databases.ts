import type { ClusterOperation } from '@quartermaster/couchdb';
import { nodesInWords } from './make-nodes.js';
import { attemptStep, beingDeleted, loadCluster, type OperationEnd, type OperationSite } from './operation-site.js';
import { settleRing } from './settle-ring.js';
import { showNow } from './show-now.js';

type Replication = Extract<ClusterOperation, { kind: 'replicate' }>;

/** Adds databases to what the ring carries. */
export async function replicateDatabases(site: OperationSite, operation: Replication): Promise<OperationEnd> {
  const { journal, host } = site;
  const { tag } = operation;
  const before = await journal.step('look-up-cluster', {
    act: async () => {
      const { databases, deleting } = await loadCluster(site);
      if (deleting) throw beingDeleted(tag);
      return databases;
    },
  });
  const databases = [...new Set([...before, ...operation.databases])].sort();
  await journal.step('note-databases', { act: (guard) => host.note(operation, { databases }, guard) });
  const drawn = await attemptStep(site, 'replicate', () => settleRing(site, 'ring'));
  if ('refused' in drawn) {
    // A database that CouchDB does not want would be in the way of every later operation.
    await journal.step('note-databases-back', { act: (guard) => host.note(operation, { databases: before }, guard) });
    return { outcome: { state: 'failed', error: drawn.refused } };
  }
  const message = `The ring of CouchDB cluster ${tag} carries ${databases.join(', ')} (${nodesInWords(drawn.done.length)})`;
  return { outcome: { state: 'done', message, result: await showNow(site) }, stands: true };
}
