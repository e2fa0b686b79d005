import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterNode, StandingCluster } from '../cluster.js';
import { LABELS } from './manifests/index.js';
import { changeObject } from './converge.js';
import type { Kinds } from './kinds.js';

/** A ReplicaSet that has to lose pods loses those of the lowest number first; none is 0. */
export const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
export const COST_OF_LEAVING = '-1000';

/**
 * Puts nodes in front of their cluster, or takes them out. The template goes first: a node that is started anew meanwhile
 * comes up as it should.
 */
export async function setServing(
  kinds: Kinds,
  cluster: StandingCluster,
  nodes: readonly ClusterNode[],
  serving: boolean,
  guard: EffectGuard,
): Promise<void> {
  if (nodes.length === 0) return;
  const label = { metadata: { labels: { [LABELS.serving]: String(serving) } } };
  const ofTemplate = (): object => ({ spec: { template: label } });
  if (cluster.spawner === 'statefulset') await changeObject(kinds.statefulset, cluster.name, ofTemplate, guard);
  if (cluster.spawner === 'rc') {
    for (const { name } of nodes) await changeObject(kinds.replicationcontroller, name, ofTemplate, guard);
  }
  const wished = cluster.spawner === 'deployment' ? withCost(label, serving) : label;
  for (const { pod } of nodes) {
    if (pod !== undefined) await changeObject(kinds.pod, pod, () => wished, guard);
  }
}

function withCost(label: { metadata: object }, serving: boolean): object {
  return { metadata: { ...label.metadata, annotations: { [DELETION_COST]: serving ? null : COST_OF_LEAVING } } };
}
