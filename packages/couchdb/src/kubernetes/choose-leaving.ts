import type { ClusterNode, StandingCluster } from '../cluster.js';
import { numberOf } from './read-cluster.js';

/**
 * The nodes that go when `replicas` are to stay: by number the highest; of a Deployment those that were taken out already,
 * then those that are not ready, then the youngest.
 */
export function chooseLeaving({ spawner, nodes }: StandingCluster, replicas: number): readonly ClusterNode[] {
  if (spawner === 'rc') return nodes.filter(({ name }) => numberOf(name) > replicas);
  if (spawner === 'statefulset') return nodes.filter(({ name }) => numberOf(name) >= replicas);
  const rank = ({ leaving, ready }: ClusterNode): number => (leaving ? 0 : ready ? 2 : 1);
  const youngestFirst = nodes.toReversed();
  return youngestFirst.sort((a, b) => rank(a) - rank(b)).slice(0, Math.max(0, nodes.length - replicas));
}
