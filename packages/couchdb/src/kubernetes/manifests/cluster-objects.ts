import type {
  V1Deployment,
  V1NetworkPolicy,
  V1PersistentVolumeClaim,
  V1PodDisruptionBudget,
  V1ReplicationController,
  V1Service,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { deployment } from './deployment.js';
import { disruptionBudget } from './disruption-budget.js';
import { LABELS } from './labels.js';
import { networkPolicy } from './network-policy.js';
import { replicationController, volumeClaim } from './replication-controller.js';
import { headlessService, nodeService } from './services.js';
import type { ManifestPlan } from './settings.js';
import { statefulSet } from './stateful-set.js';

/** One object as it is made, and what of it is made right where it stands. */
export type WishedObject = {
  readonly name: string;
  readonly upkeep: object;
} & (
  | { readonly kind: 'service'; readonly manifest: V1Service }
  | { readonly kind: 'networkpolicy'; readonly manifest: V1NetworkPolicy }
  | { readonly kind: 'poddisruptionbudget'; readonly manifest: V1PodDisruptionBudget }
  | { readonly kind: 'persistentvolumeclaim'; readonly manifest: V1PersistentVolumeClaim }
  | { readonly kind: 'deployment'; readonly manifest: V1Deployment }
  | { readonly kind: 'replicationcontroller'; readonly manifest: V1ReplicationController }
  | { readonly kind: 'statefulset'; readonly manifest: V1StatefulSet }
);

/** Everything that a cluster consists of besides its front Service and its Secret, in the order of making. */
export function clusterObjects(plan: ManifestPlan): WishedObject[] {
  const policy = networkPolicy(plan);
  const budget = disruptionBudget(plan);
  return [
    ...(plan.settings.allowFrom.length === 0
      ? []
      : [{ ...whole(policy), kind: 'networkpolicy' as const, manifest: policy }]),
    { ...whole(budget), kind: 'poddisruptionbudget', manifest: budget },
    ...nodeObjects(plan),
  ];
}

function nodeObjects(plan: ManifestPlan): WishedObject[] {
  const { replicas, spawner } = plan.wish;
  if (spawner === 'deployment') return [ofDeployment(deployment(plan))];
  if (spawner === 'rc') return Array.from({ length: replicas }, (_, index) => ofNode(plan, index + 1)).flat();
  const service = headlessService(plan);
  return [{ ...whole(service), kind: 'service', manifest: service }, ofStatefulSet(statefulSet(plan))];
}

function ofNode(plan: ManifestPlan, number: number): WishedObject[] {
  const claim = volumeClaim(plan, number);
  const service = nodeService(plan, number);
  const controller = replicationController(plan, number);
  return [
    // What a volume is like is decided once.
    { name: nameOf(claim), kind: 'persistentvolumeclaim', manifest: claim, upkeep: labelsOf(claim) },
    { ...whole(service), kind: 'service', manifest: service },
    {
      name: nameOf(controller),
      kind: 'replicationcontroller',
      manifest: controller,
      upkeep: { ...labelsOf(controller), spec: { replicas: 1, template: SERVING } },
    },
  ];
}

// The template of nodes that stand is never changed: a Deployment would replace all its nodes at once, and their data
// with them; and data that one version of CouchDB wrote may be nothing for another.

function ofDeployment(manifest: V1Deployment): WishedObject {
  const upkeep = { ...labelsOf(manifest), spec: { replicas: manifest.spec?.replicas } };
  return { name: nameOf(manifest), kind: 'deployment', manifest, upkeep };
}

function ofStatefulSet(manifest: V1StatefulSet): WishedObject {
  const upkeep = { ...labelsOf(manifest), spec: { replicas: manifest.spec?.replicas, template: SERVING } };
  return { name: nameOf(manifest), kind: 'statefulset', manifest, upkeep };
}

/** New pods come up in front. While nodes are taken out it says otherwise. */
const SERVING = { metadata: { labels: { [LABELS.serving]: 'true' } } };

interface Named {
  readonly metadata?: { name?: string; labels?: Record<string, string> };
  readonly spec?: object;
}

const nameOf = ({ metadata }: Named): string => metadata?.name ?? '';
const labelsOf = ({ metadata }: Named): object => ({ metadata: { labels: metadata?.labels } });
const whole = (manifest: Named): { name: string; upkeep: object } => ({
  name: nameOf(manifest),
  upkeep: { ...labelsOf(manifest), spec: manifest.spec },
});
