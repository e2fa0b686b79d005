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
  const template = labelled(serving);
  if (cluster.spawner === 'statefulset') {
    await changeObject(kinds.statefulset, cluster.name, () => ({ spec: { template } }), guard);
  }
  if (cluster.spawner === 'rc') {
    // Whoever gave up a restart left it without a pod.
    const spec = serving ? { template, replicas: 1 } : { template };
    for (const { name } of nodes) await changeObject(kinds.replicationcontroller, name, () => ({ spec }), guard);
  }
  await setPodsServing(kinds, cluster, nodes, serving, guard);
}

/** The same of pods alone: those that come in their place come up as the template says. */
export async function setPodsServing(
  kinds: Kinds,
  cluster: StandingCluster,
  nodes: readonly ClusterNode[],
  serving: boolean,
  guard: EffectGuard,
): Promise<void> {
  const label = labelled(serving);
  const wished = cluster.spawner === 'deployment' ? withCost(label, serving) : label;
  for (const { pod } of nodes) {
    if (pod !== undefined) await changeObject(kinds.pod, pod, () => wished, guard);
  }
}

function labelled(serving: boolean): { metadata: object } {
  return { metadata: { labels: { [LABELS.serving]: String(serving) } } };
}

function withCost(label: { metadata: object }, serving: boolean): object {
  return { metadata: { ...label.metadata, annotations: { [DELETION_COST]: serving ? null : COST_OF_LEAVING } } };
}
