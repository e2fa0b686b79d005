import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterNode, SpawnerType, StandingCluster } from '../cluster.js';
import { claimOfPod, clusterLabels, LABELS } from './manifests/index.js';
import { changeObject, hasLabels } from './converge.js';
import type { KindStore, KubeObject } from './kind-store.js';
import type { Kinds } from './kinds.js';
import { COST_OF_LEAVING, DELETION_COST } from './serving.js';

export type EndingNode = Pick<ClusterNode, 'name' | 'pod'>;

export interface Ending {
  readonly kinds: Kinds;
  readonly installId: string;
  readonly cluster: StandingCluster;
  readonly nodes: readonly EndingNode[];
  readonly replicas: number;
  readonly purge: boolean;
  readonly guard: EffectGuard;
}

async function endDeploymentNodes({
  kinds,
  installId,
  cluster,
  nodes,
  replicas,
  guard,
}: Ending): Promise<{ done: boolean }> {
  const names = new Set(nodes.map(({ name, pod }) => pod ?? name));
  const left = await listLeft(names);
  for (const { metadata } of left.filter(isStaying)) {
    const cost = { metadata: { annotations: { [DELETION_COST]: COST_OF_LEAVING } } };
    await changeObject(kinds.pod, metadata?.name ?? '', () => cost, guard);
  }
  const before = await kinds.deployment.find(cluster.name, guard);
  await changeObject(kinds.deployment, cluster.name, () => ({ spec: { replicas } }), guard);
  // The cost counts among pods that are as ready: another one may have gone instead. It is replaced, so the named one has
  // to go by itself.
  if (hasSettled(before, replicas)) {
    for (const pod of (await listLeft(names)).filter(isStaying)) await kinds.pod.remove(pod, guard);
  }
  return { done: (await listLeft(names)).length === 0 };

  async function listLeft(wanted: ReadonlySet<string>): Promise<V1Pod[]> {
    const pods = await kinds.pod.list(clusterLabels(installId, cluster), guard);
    return pods.filter(({ metadata }) => wanted.has(metadata?.name ?? ''));
  }
}

/** Its controller has seen how many are wished, and has brought it about. */
function hasSettled(deployment: V1Deployment | undefined, replicas: number): boolean {
  const { metadata, spec, status } = deployment ?? {};
  const hasSeen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1);
  return spec?.replicas === replicas && hasSeen && (status?.replicas ?? 0) <= replicas;
}

async function endStatefulNodes({
  kinds,
  installId,
  cluster,
  nodes,
  replicas,
  purge,
  guard,
}: Ending): Promise<{ done: boolean }> {
  // Those that come up from now on are in front again: the ones that leave come up no more.
  const template = { metadata: { labels: { [LABELS.serving]: 'true' } } };
  await changeObject(kinds.statefulset, cluster.name, () => ({ spec: { replicas, template } }), guard);
  const ours = clusterLabels(installId, cluster);
  const names = nodes.map(({ name }) => name);
  const pods = await findOurs(kinds.pod, names, ours, guard);
  if (pods.length > 0 || !purge) return { done: pods.length === 0 };
  return { done: await removeAll(kinds.persistentvolumeclaim, names.map(claimOfPod), ours, guard) };
}

async function endControlledNodes({
  kinds,
  installId,
  cluster,
  nodes,
  purge,
  guard,
}: Ending): Promise<{ done: boolean }> {
  const ours = clusterLabels(installId, cluster);
  const names = nodes.map(({ name }) => name);
  const controllersGone = await removeAll(kinds.replicationcontroller, names, ours, guard);
  const pods = await kinds.pod.list(ours, guard);
  const podsGone = pods.every(({ metadata }) => !names.includes(metadata?.labels?.[LABELS.node] ?? ''));
  if (!controllersGone || !podsGone) return { done: false };
  const servicesGone = await removeAll(kinds.service, names, ours, guard);
  const claimsGone = !purge || (await removeAll(kinds.persistentvolumeclaim, names, ours, guard));
  return { done: servicesGone && claimsGone };
}

/** `true`: none is left. */
async function removeAll<T extends KubeObject>(
  store: KindStore<T>,
  names: readonly string[],
  ours: Readonly<Record<string, string>>,
  guard: EffectGuard,
): Promise<boolean> {
  for (const object of await findOurs(store, names, ours, guard)) {
    if (isStaying(object)) await store.remove(object, guard);
  }
  return (await findOurs(store, names, ours, guard)).length === 0;
}

async function findOurs<T extends KubeObject>(
  store: KindStore<T>,
  names: readonly string[],
  ours: Readonly<Record<string, string>>,
  guard: EffectGuard,
): Promise<T[]> {
  const found = await store.list(ours, guard);
  return found.filter((object) => names.includes(object.metadata?.name ?? '') && hasLabels(object, ours));
}

function isStaying({ metadata }: KubeObject): boolean {
  return metadata?.deletionTimestamp === undefined;
}

const ENDINGS: Readonly<Record<SpawnerType, (ending: Ending) => Promise<{ readonly done: boolean }>>> = {
  deployment: endDeploymentNodes,
  rc: endControlledNodes,
  statefulset: endStatefulNodes,
};

/** Has nodes end; asked again until nothing of them is left, but volumes (those too with `purge`). */
export function endNodes(ending: Ending): Promise<{ readonly done: boolean }> {
  return ENDINGS[ending.cluster.spawner](ending);
}
