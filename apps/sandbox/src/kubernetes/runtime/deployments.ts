import { jsonOf, type Json } from '../json.js';
import type { KubeObject, OwnerReference } from '../objects.js';
import { matchesSelector } from '../selectors.js';
import { timestamp } from '../store.js';
import type { ControlWorld } from './controller.js';
import { asController, claimPods, controllerOf, deletePod } from './ownership.js';
import { isLeaving, isReady, numberOf } from './pod-spec.js';
import { rankForDeletion } from './ranking.js';
import { conditionsOf, countPods, keepReplicas, withoutZeros } from './replicas.js';
import { hashOf } from './template.js';

const HASH_LABEL = 'pod-template-hash';

/** Deployments, with the ReplicaSets between them and their pods left out: pods name one as their owner all the same. */
export function reconcileDeployments(world: ControlWorld): void {
  for (const deployment of world.store.list('Deployment')) if (!isLeaving(deployment)) reconcile(world, deployment);
}

/** It has the Deployment's own uid, so that pods go with the Deployment; by its name it is another for each template. */
function replicaSet({ metadata: { name, uid } }: KubeObject, hash: string): OwnerReference {
  return asController({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: `${name}-${hash}`, uid } });
}

function reconcile(world: ControlWorld, deployment: KubeObject): void {
  const { namespace, generation } = deployment.metadata;
  const template = jsonOf(deployment.spec?.['template']);
  const replicas = numberOf(deployment.spec?.['replicas'], 1);
  const hash = hashOf(template);
  const owner = replicaSet(deployment, hash);
  const matches = ({ metadata: { labels = {} } }: KubeObject): boolean =>
    matchesSelector(jsonOf(deployment.spec?.['selector']), labels);
  const claim = (): KubeObject[] =>
    claimPods(world.store, namespace, owner, (pod) => matches(pod) && pod.metadata.labels?.[HASH_LABEL] === hash);
  const older = (): KubeObject[] =>
    world.store.list('Pod', namespace).filter((pod) => {
      const controller = controllerOf(pod);
      return controller?.uid === owner.uid && controller.name !== owner.name && matches(pod);
    });

  const pods = claim();
  const wanted = replaceOlder(world, deployment, pods, older(), replicas);
  keepReplicas(world, { namespace, owner, template, labels: { [HASH_LABEL]: hash }, replicas: wanted, pods });
  world.store.update({ ...deployment, status: statusOf(deployment, claim(), older(), generation, world.now()) });
}

/** Has pods of older templates deleted as far as the strategy lets it; returns how many new ones there may be now. */
function replaceOlder(
  { store, now }: ControlWorld,
  deployment: KubeObject,
  pods: readonly KubeObject[],
  older: readonly KubeObject[],
  replicas: number,
): number {
  const leftOver = older.filter((pod) => !isLeaving(pod));
  if (older.length === 0) return replicas;
  const strategy = jsonOf(deployment.spec?.['strategy']);
  if (strategy['type'] === 'Recreate') {
    for (const pod of leftOver) deletePod(store, pod, now);
    return 0;
  }
  const rolling = jsonOf(strategy['rollingUpdate']);
  const surge = share(rolling['maxSurge'], replicas, Math.ceil);
  const unavailable = Math.max(share(rolling['maxUnavailable'], replicas, Math.floor), surge === 0 ? 1 : 0);
  const ready = [...pods, ...leftOver].filter((pod) => !isLeaving(pod) && isReady(pod)).length;
  let spare = ready - (replicas - unavailable);
  for (const pod of rankForDeletion(leftOver, now())) {
    if (isReady(pod)) {
      if (spare <= 0) break;
      spare -= 1;
    }
    deletePod(store, pod, now);
  }
  const kept = store.list('Pod', deployment.metadata.namespace).filter((pod) => {
    return !isLeaving(pod) && leftOver.some(({ metadata }) => metadata.uid === pod.metadata.uid);
  });
  return Math.max(0, Math.min(replicas, replicas + surge - kept.length));
}

/** `2` or `25%`, which is the standard. */
function share(value: unknown, of: number, round: (share: number) => number): number {
  if (typeof value === 'number') return value;
  return round((of * Number.parseInt(typeof value === 'string' ? value : '25%', 10)) / 100);
}

function statusOf(
  deployment: KubeObject,
  pods: readonly KubeObject[],
  older: readonly KubeObject[],
  generation: number | undefined,
  now: number,
): Json {
  const counts = countPods([...pods, ...older]);
  const wanted = numberOf(deployment.spec?.['replicas'], 1);
  const isAvailable = counts.availableReplicas >= wanted - share(undefined, wanted, Math.floor);
  const condition = isAvailable
    ? { reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : { reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' };
  const conditions = conditionsOf(
    deployment,
    [{ type: 'Available', status: isAvailable ? 'True' : 'False', ...condition }],
    timestamp(now),
  );
  return withoutZeros({
    observedGeneration: generation,
    ...counts,
    updatedReplicas: countPods(pods).replicas,
    unavailableReplicas: Math.max(0, wanted - counts.availableReplicas),
    conditions,
  });
}
