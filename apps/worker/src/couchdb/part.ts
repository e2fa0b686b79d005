import type { ClusterNode } from '@quartermaster/couchdb';
import { formatDuration } from '@quartermaster/foundation';
import { confirmArrival } from './confirm-arrival.js';
import { awaitReady, LEAVING_MS, type Departure, type Late } from './departure.js';
import { awaitStep, forEach, loadCluster, timeStep, type OperationSite } from './operation-site.js';
import { settleRing } from './settle-ring.js';

/** `gone`: as of a departure. `late`: they have to stay. */
export type Parting = { readonly is: 'parted' | 'gone' } | Late;

/** Nodes that come up in front again that often have something else than a template that a controller knew too late. */
const MAX_CUTS = 10;

/**
 * Has nodes part with the others, all of whose changes have arrived then: the ring is drawn without them, though they still
 * send to it; they get no clients any more, and what they have is confirmed to have arrived.
 */
export async function part(site: OperationSite, name: string, leaving: readonly string[]): Promise<Parting> {
  const present = await awaitReady(site, `${name}-await`, leaving, () => true);
  if (present.is !== 'ready') return present;
  await settleRing(site, `${name}-ring`, leaving);
  for (let cut = 1; cut <= MAX_CUTS; cut += 1) {
    const step = `${name}-${cut}`;
    const taken = await takeOut(site, `${step}-take-out`, leaving);
    if (taken.keepsData) {
      const back = await restartAll(site, step, taken.nodes, leaving);
      if (back.is !== 'ready') return back;
    }
    const arrived = await confirmArrival(site, `${step}-confirm`, leaving, taken.keepsData);
    if (arrived.is === 'ready') return { is: 'parted' };
    if (arrived.is !== 'inFront') return arrived;
  }
  return { is: 'late', why: `${leaving.join(', ')} came up in front again and again` };
}

/** The nodes as they are when they are out of the front Service; what comes after them must be out as well. */
async function takeOut(
  site: OperationSite,
  name: string,
  leaving: readonly string[],
): Promise<{ readonly nodes: readonly ClusterNode[]; readonly keepsData: boolean }> {
  const { journal, host } = site;
  const isLeaving = (node: ClusterNode): boolean => leaving.includes(node.name);
  return journal.step(name, {
    act: async (guard) => {
      const cluster = await loadCluster(site);
      await host.takeOut(cluster, cluster.nodes.filter(isLeaving), guard);
      // A pod may have come meanwhile, in front, made by a controller that did not know its new template yet.
      const { nodes } = await loadCluster(site);
      return { nodes: nodes.filter(isLeaving), keepsData: host.keepsData(cluster) };
    },
  });
}

/** Clients that hold a connection would go on writing to a node that is out of the front Service. */
async function restartAll(
  site: OperationSite,
  name: string,
  nodes: readonly ClusterNode[],
  leaving: readonly string[],
): Promise<Departure> {
  const since = await timeStep(site, `${name}-restart-since`);
  const running = nodes.filter(({ incarnation }) => incarnation !== '');
  const stuck: string[] = [];
  await forEach(running, async (node, number) => {
    const hasEnded = await awaitStep(site, `${name}-restart-${number}`, async (guard) => {
      const { done } = await site.host.restart(await loadCluster(site), node, guard);
      if (done) return true;
      return site.now() - since < LEAVING_MS ? undefined : false;
    });
    if (!hasEnded) stuck.push(node.name);
  });
  if (stuck.length > 0) {
    return { is: 'late', why: `${stuck.sort().join(', ')} did not end within ${formatDuration(LEAVING_MS)}` };
  }
  const isOld = ({ incarnation }: ClusterNode): boolean => running.some((node) => node.incarnation === incarnation);
  return awaitReady(site, `${name}-await-restart`, leaving, (node) => !isOld(node));
}
