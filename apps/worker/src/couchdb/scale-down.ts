import type { ClusterNode } from '@quartermaster/couchdb';
import { confirmArrival } from './confirm-arrival.js';
import { awaitReady } from './departure.js';
import { makeParts } from './make-nodes.js';
import { putBackAll } from './mend-ring.js';
import { awaitStep, forEach, loadCluster, OperationFailed, type OperationSite } from './operation-site.js';
import { settleRing } from './settle-ring.js';

/** A node that is to go, as it was chosen. */
type Leaving = Pick<ClusterNode, 'name' | 'pod'>;

/** A Deployment whose pods die that often while it is scaled down has something else than this to be mended. */
const MAX_CHOICES = 20;

/**
 * Takes nodes away: the ring is drawn without them first, though they still send to it; then they get no clients any more,
 * what they have is confirmed to have arrived, and they end. Throws `OperationFailed` where that can't be: they stay.
 */
export async function scaleDown(site: OperationSite, replicas: number, purge: boolean): Promise<void> {
  const { journal, host, operation } = site;
  for (let choice = 1; choice <= MAX_CHOICES; choice += 1) {
    const leaving = await journal.step(`choose-${choice}`, { act: () => chooseLeaving(site, replicas) });
    const names = leaving.map(({ name }) => name);
    if ((await part(site, `leave-${choice}`, names)) === 'gone') continue;
    await awaitStep(site, 'end-nodes', async (guard) => {
      const { done } = await host.endNodes(await loadCluster(site), leaving, replicas, purge, guard);
      return done ? true : undefined;
    });
    await journal.step('note-replicas', { act: (guard) => host.note(operation, { replicas }, guard) });
    await makeParts(site, { ...(await loadCluster(site)), replicas }, 'shrink');
    // One that stays and was started anew meanwhile may have come up out of service, as those that leave.
    await putBackAll(site);
    return;
  }
  throw await stay(site, 'choose', 'its nodes come and go');
}

async function chooseLeaving(site: OperationSite, replicas: number): Promise<Leaving[]> {
  const chosen = site.host.chooseLeaving(await loadCluster(site), replicas);
  return chosen.map(({ name, pod }) => (pod === undefined ? { name } : { name, pod }));
}

/** Has nodes part with the others, all of whose changes have arrived then. */
async function part(site: OperationSite, name: string, leaving: readonly string[]): Promise<'parted' | 'gone'> {
  const { journal, host } = site;
  const isLeaving = (node: ClusterNode): boolean => leaving.includes(node.name);

  const present = await awaitReady(site, `${name}-await`, leaving, () => true);
  if (present.is === 'gone') return 'gone';
  if (present.is === 'late') throw await stay(site, name, present.why);
  await settleRing(site, `${name}-ring`, leaving);
  const taken = await journal.step(`${name}-take-out`, {
    act: async (guard) => {
      const cluster = await loadCluster(site);
      const nodes = cluster.nodes.filter(isLeaving);
      await host.takeOut(cluster, nodes, guard);
      return { incarnations: nodes.map(({ incarnation }) => incarnation), keepsData: host.keepsData(cluster) };
    },
  });
  if (taken.keepsData) {
    // Clients that hold a connection would go on writing to a node that is out of the front Service.
    const isOld = ({ incarnation }: ClusterNode): boolean => taken.incarnations.includes(incarnation);
    await forEach(leaving, (node, number) =>
      journal.step(`${name}-restart-${number}`, {
        act: async (guard) => {
          const cluster = await loadCluster(site);
          const found = cluster.nodes.find((one) => one.name === node && isOld(one));
          if (found !== undefined) await host.restart(cluster, found, guard);
        },
      }),
    );
    const back = await awaitReady(site, `${name}-await-restart`, leaving, (node) => !isOld(node));
    if (back.is === 'late') throw await stay(site, name, back.why);
  }
  const arrived = await confirmArrival(site, `${name}-confirm`, leaving, taken.keepsData);
  if (arrived.is === 'late') throw await stay(site, name, arrived.why);
  return arrived.is === 'gone' ? 'gone' : 'parted';
}

/** Puts everything back as it was; what to throw. */
async function stay(site: OperationSite, name: string, why: string): Promise<OperationFailed> {
  await putBackAll(site);
  await settleRing(site, `${name}-back`);
  const message =
    `CouchDB cluster ${site.operation.tag} was not scaled down: ${why}. ` +
    'What only the leaving nodes have would be lost; they stay.';
  return new OperationFailed('unavailable', 'nodes-not-confirmed', message);
}
