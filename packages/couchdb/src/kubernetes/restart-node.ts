import type { V1Pod } from '@kubernetes/client-node';
import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterNode, StandingCluster } from '../cluster.js';
import { clusterLabels, LABELS } from './manifests/index.js';
import { changeObject } from './converge.js';
import type { Kinds } from './kinds.js';
import { hasEnded, incarnationOf } from './read-cluster.js';

export interface Restart {
  readonly kinds: Kinds;
  readonly installId: string;
  readonly cluster: StandingCluster;
  readonly node: ClusterNode;
  readonly guard: EffectGuard;
}

/** Starts a node anew, if it still is this incarnation; asked again until nothing of its former pod is left. */
export function restartNode(restart: Restart): Promise<{ readonly done: boolean }> {
  return restart.cluster.spawner === 'rc' ? restartControlled(restart) : restartPod(restart);
}

/** A StatefulSet makes no pod before the former one of that name is gone. */
async function restartPod({ kinds, node, guard }: Restart): Promise<{ done: boolean }> {
  const { pod } = node;
  if (pod === undefined) return { done: true };
  const standing = await kinds.pod.find(pod, guard);
  if (standing === undefined || !isFormer(standing, node)) return { done: true };
  if (!isEnding(standing)) await kinds.pod.remove(standing, guard);
  const after = await kinds.pod.find(pod, guard);
  return { done: after?.metadata?.uid !== standing.metadata?.uid };
}

/**
 * A ReplicationController makes the next pod while the former one is ending, and on the same machine both have the volume:
 * two CouchDBs would write into one folder. So it is to have none until none is left.
 */
async function restartControlled({ kinds, installId, cluster, node, guard }: Restart): Promise<{ done: boolean }> {
  const { name } = node;
  const controller = await kinds.replicationcontroller.find(name, guard);
  if (controller === undefined) return { done: true };
  const all = await kinds.pod.list(clusterLabels(installId, cluster), guard);
  const pods = all.filter((pod) => pod.metadata?.labels?.[LABELS.node] === name && !hasEnded(pod));
  const isStopped = controller.spec?.replicas === 0;
  if (!isStopped && !pods.some((pod) => isFormer(pod, node) || isEnding(pod))) return { done: true };
  const replicas = pods.length === 0 ? 1 : 0;
  await changeObject(kinds.replicationcontroller, name, () => ({ spec: { replicas } }), guard);
  return { done: replicas === 1 };
}

/** The pod that is to go. One whose container was started anew since is not, unless it goes already. */
function isFormer(pod: V1Pod, { incarnation }: ClusterNode): boolean {
  if (incarnationOf(pod) === incarnation) return true;
  return isEnding(pod) && incarnation.startsWith(`${pod.metadata?.uid}:`);
}

function isEnding({ metadata }: V1Pod): boolean {
  return metadata?.deletionTimestamp !== undefined;
}
