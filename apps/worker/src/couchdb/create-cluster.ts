import type { ClusterOperation } from '@quartermaster/couchdb';
import { removeAll } from './delete-cluster.js';
import { awaitNodes, makeParts, nodesInWords } from './make-nodes.js';
import { attemptStep, loadCluster, type OperationEnd, type OperationSite } from './operation-site.js';
import { settleRing } from './settle-ring.js';
import { showNow } from './show-now.js';

type Creation = Extract<ClusterOperation, { kind: 'create' }>;

/** What the ring carries from the start, sorted. */
const FIRST_DATABASES = ['_users', 'test'];

/**
 * Makes a cluster, and draws its ring when all nodes are ready. What Kubernetes refuses for good is undone; what only is
 * not ready in time stays.
 */
export async function createCluster(site: OperationSite, operation: Creation): Promise<OperationEnd> {
  const { journal, host, settings } = site;
  const { owner, tag, replicas, id, password_hash: passwordHash } = operation;
  const wish = { owner, tag, spawner: settings.spawner, replicas, databases: FIRST_DATABASES };
  const begun = await attemptStep(site, 'begin', () =>
    journal.step('begin-cluster', {
      act: async (guard) => {
        await host.begin(wish, id, guard);
        return true;
      },
    }),
  );
  if ('refused' in begun) {
    // Where nothing of this account's stands, the name is somebody else's, or Kubernetes wants no cluster here.
    const stands = (await host.find(operation, journal.guard)) !== undefined;
    return { outcome: { state: 'failed', error: begun.refused }, stands };
  }
  const made = await attemptStep(site, 'make', async () => {
    await journal.step('make-secret', { act: (guard) => host.makeSecret(operation, passwordHash, guard) });
    await makeParts(site, await loadCluster(site));
    return true;
  });
  if ('refused' in made) {
    await removeAll(site);
    return { outcome: { state: 'failed', error: made.refused }, stands: false };
  }
  await awaitNodes(site, 'The cluster stays, and its ring is drawn when they are; deleting it removes it.');
  const ring = await settleRing(site, 'ring');
  const message = `CouchDB cluster ${tag} is ready: ${nodesInWords(ring.length)}`;
  return { outcome: { state: 'done', message, result: await showNow(site) }, stands: true };
}
