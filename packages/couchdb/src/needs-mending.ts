import type { ClusterNode, RingNode, StandingCluster } from './cluster.js';
import { isSameRing } from './ring.js';

/**
 * Whether the ring of a cluster should be drawn anew, as long as no operation on it waits: nodes that are ready and do not
 * leave are others than it was drawn through, or nodes were taken out to leave and are there yet. One that never had a ring
 * waits for all its nodes; one with no node that is ready can not be helped.
 */
export function needsMending(cluster: StandingCluster): boolean {
  if (cluster.deleting) return false;
  const ready = cluster.nodes.filter((node) => node.ready);
  const staying = ready.filter(({ leaving }) => !leaving).flatMap(toRingNode);
  if (ready.length === 0) return false;
  if (cluster.nodes.some(({ leaving }) => leaving)) return true;
  if (cluster.ring.length === 0) return staying.length >= cluster.replicas;
  return !isSameRing(staying, cluster.ring);
}

/** A node as a ring can be drawn through it; nothing where it has no address. */
export function toRingNode({ name, address, incarnation }: ClusterNode): RingNode[] {
  return address === undefined ? [] : [{ name, address, incarnation }];
}
