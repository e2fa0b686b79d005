import { AppError } from '@quartermaster/foundation';
import { awaitGone } from './await-gone.js';
import { unknownCluster, type OperationEnd, type OperationSite } from './operation-site.js';

/** Deletes everything that belongs to a cluster. */
export async function deleteCluster(site: OperationSite): Promise<OperationEnd> {
  const { journal, host, operation } = site;
  const { stood } = await journal.step('look-up-cluster', {
    act: async (guard) => ({ stood: (await host.find(operation, guard)) !== undefined }),
  });
  // Also where its front Service is gone, by whose hand ever: the rest of it would stay for good.
  await removeAll(site);
  if (!stood) throw unknownCluster(operation.tag);
  return { outcome: { state: 'done', message: `CouchDB cluster ${operation.tag} is deleted` }, stands: false };
}

/** Removes all objects of a cluster and waits until none is left. */
export async function removeAll(site: OperationSite): Promise<void> {
  const { journal, host, operation } = site;
  await journal.step('note-deletion', {
    act: async (guard) => {
      if ((await host.find(operation, guard)) === undefined) return;
      try {
        await host.note(operation, { deleting: true }, guard);
      } catch (error) {
        if (!(error instanceof AppError) || error.kind !== 'not-found') throw error;
      }
    },
  });
  await awaitGone(site, 'remove-objects', async (guard) => {
    const { left } = await host.remove(operation, guard);
    if (left === 0) return undefined;
    return left === 1 ? '1 object is left' : `${left} objects are left`;
  });
}
