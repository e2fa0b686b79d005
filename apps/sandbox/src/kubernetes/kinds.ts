import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Pod } from 'kubernetes-models/v1/Pod';
import { ReplicationController } from 'kubernetes-models/v1/ReplicationController';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { checkNetworkPolicy, checkService, checkServiceChange } from './checks/network.js';
import { checkPodChange, checkPodSpec } from './checks/pods.js';
import { checkClaim, checkClaimChange, checkSecret, checkSecretChange } from './checks/storage.js';
import {
  checkDeployment,
  checkDeploymentChange,
  checkDisruptionBudget,
  checkReplicationController,
  checkStatefulSet,
  checkStatefulSetChange,
} from './checks/workloads.js';
import * as defaults from './defaults.js';
import { jsonOf, type Json } from './json.js';
import type { Kind } from './objects.js';
import type { Model } from './schema.js';
import type { FieldError } from './status.js';
import { serviceNameProblem, subdomainProblem } from './syntax.js';

/** All that is particular about a kind. */
export interface KindRule {
  readonly kind: Kind;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** The official schema. */
  readonly model: Model;
  nameProblem(name: string): string | undefined;
  /** What the server fills in where it was not sent. */
  defaults(object: Json): Json;
  /** What the admission of a new object adds. */
  admit(object: Json): Json;
  /** What the schema does not say. */
  check(object: Json): FieldError[];
  /** What may not be changed. */
  checkChange(before: Json, after: Json): FieldError[];
  /** The first one, before any controller has seen it; a kind without has no `status`. */
  readonly status: Json | undefined;
  /** Whether a deletion is answered with the object that went. */
  readonly showsDeleted: boolean;
  /** Whether what it owns outlives it unless told otherwise. */
  readonly orphans: boolean;
  /** Whether it can be replaced by who does not say which version he saw. */
  readonly replacedBlindly: boolean;
}

const ORDINARY = {
  group: '',
  version: 'v1',
  nameProblem: subdomainProblem,
  defaults: defaults.noDefaults,
  admit: defaults.noDefaults,
  checkChange: (): FieldError[] => [],
  status: undefined,
  showsDeleted: false,
  orphans: false,
  replacedBlindly: true,
};

/** Every kind that is played. One more is one more entry. */
export const KIND_RULES: readonly KindRule[] = [
  {
    ...ORDINARY,
    kind: 'Deployment',
    group: 'apps',
    plural: 'deployments',
    model: Deployment,
    defaults: defaults.deploymentDefaults,
    check: checkDeployment,
    checkChange: checkDeploymentChange,
    status: {},
  },
  {
    ...ORDINARY,
    kind: 'StatefulSet',
    group: 'apps',
    plural: 'statefulsets',
    model: StatefulSet,
    nameProblem: statefulSetNameProblem,
    defaults: defaults.statefulSetDefaults,
    check: checkStatefulSet,
    checkChange: checkStatefulSetChange,
    status: { replicas: 0, availableReplicas: 0 },
  },
  {
    ...ORDINARY,
    kind: 'ReplicationController',
    plural: 'replicationcontrollers',
    model: ReplicationController,
    defaults: defaults.replicationControllerDefaults,
    check: checkReplicationController,
    status: { replicas: 0 },
    // Of v1 for the sake of clients older than garbage collection: `replicationcontroller/strategy.go`.
    orphans: true,
  },
  {
    ...ORDINARY,
    kind: 'Service',
    plural: 'services',
    model: Service,
    nameProblem: serviceNameProblem,
    defaults: defaults.serviceDefaults,
    check: checkService,
    checkChange: checkServiceChange,
    status: { loadBalancer: {} },
    showsDeleted: true,
  },
  {
    ...ORDINARY,
    kind: 'Secret',
    plural: 'secrets',
    model: Secret,
    defaults: defaults.secretDefaults,
    check: checkSecret,
    checkChange: checkSecretChange,
  },
  {
    ...ORDINARY,
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    model: PersistentVolumeClaim,
    defaults: defaults.claimDefaults,
    admit: defaults.claimAdmission,
    check: checkClaim,
    checkChange: checkClaimChange,
    status: { phase: 'Pending' },
    showsDeleted: true,
  },
  {
    ...ORDINARY,
    kind: 'Pod',
    plural: 'pods',
    model: Pod,
    defaults: defaults.podDefaults,
    check: ({ spec }) => checkPodSpec(jsonOf(spec), 'spec'),
    checkChange: checkPodChange,
    status: { phase: 'Pending' },
    showsDeleted: true,
  },
  {
    ...ORDINARY,
    kind: 'PodDisruptionBudget',
    group: 'policy',
    plural: 'poddisruptionbudgets',
    model: PodDisruptionBudget,
    check: checkDisruptionBudget,
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    replacedBlindly: false,
  },
  {
    ...ORDINARY,
    kind: 'NetworkPolicy',
    group: 'networking.k8s.io',
    plural: 'networkpolicies',
    model: NetworkPolicy,
    defaults: defaults.networkPolicyDefaults,
    check: checkNetworkPolicy,
  },
];

/**
 * A StatefulSet's pods carry its name and eleven characters more in the label `controller-revision-hash`. The real server takes
 * a longer name and then makes no pod; here it is refused at once.
 */
function statefulSetNameProblem(name: string): string | undefined {
  return name.length > 52 ? 'must be no more than 52 characters' : subdomainProblem(name);
}

export function ruleOf(kind: Kind): KindRule {
  const rule = KIND_RULES.find((candidate) => candidate.kind === kind);
  if (rule === undefined) throw new Error(`There is no kind ${kind}`);
  return rule;
}

export function apiVersionOf({ group, version }: Pick<KindRule, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
