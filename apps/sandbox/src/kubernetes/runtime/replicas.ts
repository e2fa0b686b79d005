import { objectsOf, type Json } from '../json.js';
import type { KubeObject, OwnerReference } from '../objects.js';
import type { ControlWorld } from './controller.js';
import { deletePod } from './ownership.js';
import { isLeaving, isReady } from './pod-spec.js';
import { rankForDeletion } from './ranking.js';
import { podFrom, randomSuffix } from './template.js';

/** Pods that a controller makes all alike. */
export interface ReplicaPlan {
  readonly namespace: string;
  readonly owner: OwnerReference;
  readonly template: Json;
  /** What the template's labels get besides. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly replicas: number;
  /** Those that are there, also those that leave. */
  readonly pods: readonly KubeObject[];
}

/** Makes the pods that are missing, or has those deleted that are too many. */
export function keepReplicas({ store, now, random }: ControlWorld, plan: ReplicaPlan): void {
  const { namespace, owner, template, replicas, labels = {} } = plan;
  const active = plan.pods.filter((pod) => !isLeaving(pod));
  for (const pod of rankForDeletion(active, now()).slice(0, Math.max(0, active.length - replicas))) {
    deletePod(store, pod, now);
  }
  for (let missing = replicas - active.length; missing > 0; missing -= 1) {
    const name = `${owner.name}-${randomSuffix(random)}`;
    if (store.get('Pod', namespace, name) === undefined) {
      store.create(podFrom(template, { name, namespace, owner }, { labels }));
    }
  }
}

/** The figures that all controllers have in their `status`. */
export function countPods(pods: readonly KubeObject[]): {
  replicas: number;
  readyReplicas: number;
  availableReplicas: number;
} {
  const active = pods.filter((pod) => !isLeaving(pod));
  const ready = active.filter(isReady).length;
  return { replicas: active.length, readyReplicas: ready, availableReplicas: ready };
}

/** A `status` without the counts that are 0: Kubernetes leaves those out, but for `replicas`. */
export function withoutZeros(status: Json): Json {
  return Object.fromEntries(Object.entries(status).filter(([key, value]) => value !== 0 || key === 'replicas'));
}

/** Conditions of a controller; one that stays as it is keeps its time. */
export function conditionsOf(
  object: KubeObject,
  wanted: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[],
  time: string,
): Json[] {
  const before = objectsOf(object.status?.['conditions']);
  return wanted.map((condition) => {
    const same = before.find(({ type, status }) => type === condition.type && status === condition.status);
    return {
      ...condition,
      lastUpdateTime: same?.['lastUpdateTime'] ?? time,
      lastTransitionTime: same?.['lastTransitionTime'] ?? time,
    };
  });
}
