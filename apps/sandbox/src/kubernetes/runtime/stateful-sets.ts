import { jsonOf, objectsOf, stringsOf, textOf, type Json } from '../json.js';
import type { KubeObject } from '../objects.js';
import { matchesSelector } from '../selectors.js';
import type { ControlWorld } from './controller.js';
import { asController, claimPods, deletePod } from './ownership.js';
import { isLeaving, isReady, numberOf } from './pod-spec.js';
import { countPods, withoutZeros } from './replicas.js';
import { hashOf, podFrom } from './template.js';

const REVISION_LABEL = 'controller-revision-hash';

/** StatefulSets: pods `<name>-0` … each with claims of its own, which stay when the pod goes. */
export function reconcileStatefulSets(world: ControlWorld): void {
  for (const set of world.store.list('StatefulSet')) if (!isLeaving(set)) reconcile(world, set);
}

interface Wish {
  readonly set: KubeObject;
  /** The first ordinal. */
  readonly start: number;
  readonly replicas: number;
  readonly revision: string;
  /** One pod after the other, each when the one before is ready. */
  readonly isOrdered: boolean;
  readonly pods: ReadonlyMap<number, KubeObject>;
}

function reconcile(world: ControlWorld, set: KubeObject): void {
  const { name, namespace, generation } = set.metadata;
  const revision = `${name}-${hashOf(set.spec?.['template'])}`;
  const replicas = numberOf(set.spec?.['replicas'], 1);
  const claim = (): KubeObject[] =>
    claimPods(world.store, namespace, asController(set), ({ metadata }) => {
      return (
        ordinalOf(set, metadata.name) >= 0 && matchesSelector(jsonOf(set.spec?.['selector']), metadata.labels ?? {})
      );
    });
  const pods = new Map(claim().map((pod) => [ordinalOf(set, pod.metadata.name), pod]));
  const isOrdered = set.spec?.['podManagementPolicy'] !== 'Parallel';
  act(world, { set, start: numberOf(jsonOf(set.spec?.['ordinals'])['start'], 0), replicas, revision, isOrdered, pods });

  const after = claim();
  const updated = after.filter((pod) => !isLeaving(pod) && pod.metadata.labels?.[REVISION_LABEL] === revision).length;
  const counts = countPods(after);
  const before = textOf(set.status?.['currentRevision']) || revision;
  const isDone = updated === counts.replicas && updated === replicas;
  const status = withoutZeros({
    observedGeneration: generation,
    ...counts,
    updatedReplicas: updated,
    currentReplicas: before === revision ? updated : counts.replicas - updated,
    currentRevision: isDone ? revision : before,
    updateRevision: revision,
  });
  const collisionCount = 0;
  world.store.update({ ...set, status: { ...status, collisionCount } });
}

/** -1: not a name of one of its pods. */
function ordinalOf(set: KubeObject, pod: string): number {
  const prefix = `${set.metadata.name}-`;
  const rest = pod.slice(prefix.length);
  return pod.startsWith(prefix) && /^(0|[1-9]\d*)$/.test(rest) ? Number(rest) : -1;
}

function act(world: ControlWorld, wish: Wish): void {
  const { set, start, replicas, isOrdered, pods } = wish;
  for (let ordinal = start; ordinal < start + replicas; ordinal += 1) {
    const pod = pods.get(ordinal);
    if (pod === undefined) createPod(world, wish, ordinal);
    const isWell = pod !== undefined && !isLeaving(pod) && isReady(pod);
    if (isOrdered && !isWell) return;
  }
  const tooMany = [...pods.keys()]
    .filter((ordinal) => ordinal < start || ordinal >= start + replicas)
    .toSorted((a, b) => b - a);
  for (const ordinal of isOrdered ? tooMany.slice(0, 1) : tooMany) {
    const pod = pods.get(ordinal);
    if (pod !== undefined) deletePod(world.store, pod, world.now);
  }
  const strategy = jsonOf(set.spec?.['updateStrategy']);
  if (strategy['type'] !== 'OnDelete' && tooMany.length === 0)
    replaceOne(world, wish, jsonOf(strategy['rollingUpdate']));
}

/** The highest pod of an older template goes, when all above it are well again. */
function replaceOne({ store, now }: ControlWorld, { start, replicas, revision, pods }: Wish, rolling: Json): void {
  const lowest = Math.max(start, numberOf(rolling['partition'], 0));
  for (let ordinal = start + replicas - 1; ordinal >= lowest; ordinal -= 1) {
    const pod = pods.get(ordinal);
    if (pod === undefined || isLeaving(pod)) return;
    if (pod.metadata.labels?.[REVISION_LABEL] !== revision) return deletePod(store, pod, now);
    if (!isReady(pod)) return;
  }
}

function createPod({ store }: ControlWorld, { set, revision }: Wish, ordinal: number): void {
  const { name: setName, namespace } = set.metadata;
  const name = `${setName}-${ordinal}`;
  if (store.get('Pod', namespace, name) !== undefined) return;
  const template = jsonOf(set.spec?.['template']);
  const claimTemplates = objectsOf(set.spec?.['volumeClaimTemplates']);
  const volumes = claimTemplates.map((claim) => {
    const claimName = textOf(jsonOf(claim['metadata'])['name']);
    return { name: claimName, persistentVolumeClaim: { claimName: `${claimName}-${name}` } };
  });
  for (const claim of claimTemplates) createClaim(store, set, claim, name);
  const ofTemplate = objectsOf(jsonOf(template['spec'])['volumes']);
  const others = ofTemplate.filter((volume) => volumes.every((own) => own.name !== volume['name']));
  const labels = {
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [REVISION_LABEL]: revision,
  };
  const spec = { hostname: name, subdomain: set.spec?.['serviceName'], volumes: [...volumes, ...others] };
  store.create(podFrom(template, { name, namespace, owner: asController(set) }, { labels, spec }));
}

function createClaim(store: ControlWorld['store'], set: KubeObject, template: Json, pod: string): void {
  const metadata = jsonOf(template['metadata']);
  const name = `${textOf(metadata['name'])}-${pod}`;
  const { namespace } = set.metadata;
  if (store.get('PersistentVolumeClaim', namespace, name) !== undefined) return;
  const ofSelector = stringsOf(jsonOf(set.spec?.['selector'])['matchLabels']);
  const annotations = stringsOf(metadata['annotations']);
  store.create({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace,
      labels: { ...stringsOf(metadata['labels']), ...ofSelector },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      finalizers: ['kubernetes.io/pvc-protection'],
    },
    spec: jsonOf(template['spec']),
    status: { phase: 'Pending' },
  });
}
