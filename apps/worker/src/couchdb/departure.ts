import type { ClusterNode, StandingCluster } from '@quartermaster/couchdb';
import { formatDuration } from '@quartermaster/foundation';
import { awaitStep, loadCluster, timeStep, type OperationSite } from './operation-site.js';

/** `gone`: a leaving node is not there any more, and another one is in its place: it is chosen anew. */
export type Departure = { readonly is: 'ready' } | { readonly is: 'gone' } | Late;
export type Late = { readonly is: 'late'; readonly why: string };

/** How long (ms) a node that is to go may be away. Whatever only it has would be lost without it. */
export const LEAVING_MS = 300_000;

/** Waits until leaving nodes are ready, and somebody who stays. */
export async function awaitReady(
  site: OperationSite,
  name: string,
  leaving: readonly string[],
  isRight: (node: ClusterNode) => boolean,
): Promise<Departure> {
  const since = await timeStep(site, `${name}-since`);
  return awaitStep<Departure>(site, name, async () => {
    const cluster = await loadParting(site, leaving);
    if (isGone(cluster, leaving)) return { is: 'gone' };
    const late = findLate(cluster, leaving, isRight);
    if (late === undefined) return { is: 'ready' };
    return site.now() - since < LEAVING_MS ? undefined : { is: 'late', why: late };
  });
}

/**
 * The cluster while nodes leave it. Others that have come up out of service, as a StatefulSet's one template said, are put
 * in front before: waiting may take long.
 */
export async function loadParting(site: OperationSite, leaving: readonly string[]): Promise<StandingCluster> {
  const cluster = await loadCluster(site);
  const others = cluster.nodes.filter((node) => node.leaving && !leaving.includes(node.name));
  if (leaving.length === 0 || others.length === 0) return cluster;
  await site.host.keepInFront(cluster, others, site.journal.guard);
  return loadCluster(site);
}

export function isGone(cluster: StandingCluster, leaving: readonly string[]): boolean {
  return leaving.some((name) => cluster.nodes.every((node) => node.name !== name));
}

/** Why nobody can part now; `undefined`: nothing is in the way. */
export function findLate(
  { nodes }: StandingCluster,
  leaving: readonly string[],
  isRight: (node: ClusterNode) => boolean,
): string | undefined {
  const late = nodes.filter((node) => leaving.includes(node.name) && !(node.ready && isRight(node)));
  const after = `after ${formatDuration(LEAVING_MS)}`;
  if (late.length > 0) return `${late.map(({ name }) => name).join(', ')} not ready ${after}`;
  const stays = nodes.some((node) => node.ready && !node.leaving && !leaving.includes(node.name));
  return stays ? undefined : `none of the nodes that stay is ready ${after}`;
}
