import type { ClusterNode } from '@quartermaster/couchdb';
import { awaitGone } from './await-gone.js';
import { loadParting } from './departure.js';
import { makeParts } from './make-nodes.js';
import { putBackAll } from './mend-ring.js';
import { loadCluster, OperationFailed, type OperationSite } from './operation-site.js';
import { part } from './part.js';
import { settleRing } from './settle-ring.js';

/** A node that is to go, as it was chosen. */
type Leaving = Pick<ClusterNode, 'name' | 'pod'>;

/** A Deployment whose pods die that often while it is scaled down has something else than this to be mended. */
const MAX_CHOICES = 20;

/** Takes nodes away, which part with the others before. Throws `OperationFailed` where they can't: they stay. */
export async function scaleDown(site: OperationSite, replicas: number, purge: boolean): Promise<void> {
  const { journal, host, operation } = site;
  for (let choice = 1; choice <= MAX_CHOICES; choice += 1) {
    const leaving = await journal.step(`choose-${choice}`, { act: () => chooseLeaving(site, replicas) });
    const names = leaving.map(({ name }) => name);
    const parting = await part(site, `leave-${choice}`, names);
    if (parting.is === 'late') throw await stay(site, `leave-${choice}`, names, parting.why);
    if (parting.is === 'gone') continue;
    const noteReplicas = (): Promise<void> =>
      journal.step('note-replicas', { act: (guard) => host.note(operation, { replicas }, guard) });
    const ask = async (): Promise<string | undefined> => {
      const cluster = await loadParting(site, names);
      const { done } = await host.endNodes(cluster, leaving, replicas, purge, journal.guard);
      return done ? undefined : `of ${names.join(', ')} something is left`;
    };
    // What was told to end does not come back, however long it takes.
    await awaitGone(site, 'end-nodes', ask, noteReplicas);
    await noteReplicas();
    await makeParts(site, { ...(await loadCluster(site)), replicas }, 'shrink');
    // One that stays and was started anew meanwhile may have come up out of service, as those that leave.
    await putBackAll(site, 'put-back');
    return;
  }
  throw await stay(site, 'choose', [], 'its nodes come and go');
}

async function chooseLeaving(site: OperationSite, replicas: number): Promise<Leaving[]> {
  const chosen = site.host.chooseLeaving(await loadCluster(site), replicas);
  return chosen.map(({ name, pod }) => (pod === undefined ? { name } : { name, pod }));
}

/** Puts everything back as it was; what to throw. */
async function stay(
  site: OperationSite,
  name: string,
  leaving: readonly string[],
  why: string,
): Promise<OperationFailed> {
  await putBackAll(site, 'put-back', leaving);
  try {
    await settleRing(site, `${name}-back`);
  } catch (error) {
    // What was in the way of going may be in the way of the ring, too. Whoever watches rings asks for it again.
    if (!(error instanceof OperationFailed)) throw error;
    site.log.warn('The ring of a CouchDB cluster could not be drawn as it was', { error: error.message });
  }
  const message =
    `CouchDB cluster ${site.operation.tag} was not scaled down: ${why}. ` +
    'What only the leaving nodes have would be lost; they stay.';
  return new OperationFailed('unavailable', 'nodes-not-confirmed', message);
}
