import { createAttempt, ATTEMPT_TIMEOUT_MS, type Attempt } from './attempt.js';
import { connect } from './connect.js';
import { createKindStore, type KindStore } from './kind-store.js';
import type {
  AppsV1Api,
  CoreV1Api,
  NetworkingV1Api,
  PolicyV1Api,
  V1Deployment,
  V1NetworkPolicy,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1ReplicationController,
  V1Secret,
  V1Service,
  V1StatefulSet,
} from '@kubernetes/client-node';

/** Every kind that a cluster consists of, by the name that parts have. */
export interface Kinds {
  readonly service: KindStore<V1Service>;
  readonly secret: KindStore<V1Secret>;
  readonly networkpolicy: KindStore<V1NetworkPolicy>;
  readonly poddisruptionbudget: KindStore<V1PodDisruptionBudget>;
  readonly persistentvolumeclaim: KindStore<V1PersistentVolumeClaim>;
  readonly deployment: KindStore<V1Deployment>;
  readonly replicationcontroller: KindStore<V1ReplicationController>;
  readonly statefulset: KindStore<V1StatefulSet>;
  readonly pod: KindStore<V1Pod>;
}

interface Apis {
  readonly attempt: Attempt;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly policy: PolicyV1Api;
  readonly networking: NetworkingV1Api;
}

export interface KindsOptions {
  readonly apiUrl?: string;
  readonly namespace: string;
  /** Of one attempt. */
  readonly timeoutMs?: number;
}

/** Connects when it is first asked for something, and again where that failed. */
export function createKinds({ apiUrl, namespace, timeoutMs = ATTEMPT_TIMEOUT_MS }: KindsOptions): Kinds {
  let opening: Promise<Apis> | undefined;
  const open = (): Promise<Apis> => {
    opening ??= openApis(apiUrl, timeoutMs).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const attempt: Attempt = async (call, guard, send) => {
    guard.assertHeld();
    return (await open()).attempt(call, guard, send);
  };
  const core = async (): Promise<CoreV1Api> => (await open()).core;
  const apps = async (): Promise<AppsV1Api> => (await open()).apps;

  return {
    service: createKindStore('Service', namespace, attempt, async () => {
      const api = await core();
      return {
        read: (at, options) => api.readNamespacedService(at, options),
        list: (at, options) => api.listNamespacedService(at, options),
        create: (at, options) => api.createNamespacedService(at, options),
        patch: (at, options) => api.patchNamespacedService(at, options),
        remove: (at, options) => api.deleteNamespacedService(at, options),
      };
    }),
    secret: createKindStore('Secret', namespace, attempt, async () => {
      const api = await core();
      return {
        read: (at, options) => api.readNamespacedSecret(at, options),
        list: (at, options) => api.listNamespacedSecret(at, options),
        create: (at, options) => api.createNamespacedSecret(at, options),
        patch: (at, options) => api.patchNamespacedSecret(at, options),
        remove: (at, options) => api.deleteNamespacedSecret(at, options),
      };
    }),
    networkpolicy: createKindStore('NetworkPolicy', namespace, attempt, async () => {
      const api = (await open()).networking;
      return {
        read: (at, options) => api.readNamespacedNetworkPolicy(at, options),
        list: (at, options) => api.listNamespacedNetworkPolicy(at, options),
        create: (at, options) => api.createNamespacedNetworkPolicy(at, options),
        patch: (at, options) => api.patchNamespacedNetworkPolicy(at, options),
        remove: (at, options) => api.deleteNamespacedNetworkPolicy(at, options),
      };
    }),
    poddisruptionbudget: createKindStore('PodDisruptionBudget', namespace, attempt, async () => {
      const api = (await open()).policy;
      return {
        read: (at, options) => api.readNamespacedPodDisruptionBudget(at, options),
        list: (at, options) => api.listNamespacedPodDisruptionBudget(at, options),
        create: (at, options) => api.createNamespacedPodDisruptionBudget(at, options),
        patch: (at, options) => api.patchNamespacedPodDisruptionBudget(at, options),
        remove: (at, options) => api.deleteNamespacedPodDisruptionBudget(at, options),
      };
    }),
    persistentvolumeclaim: createKindStore('PersistentVolumeClaim', namespace, attempt, async () => {
      const api = await core();
      return {
        read: (at, options) => api.readNamespacedPersistentVolumeClaim(at, options),
        list: (at, options) => api.listNamespacedPersistentVolumeClaim(at, options),
        create: (at, options) => api.createNamespacedPersistentVolumeClaim(at, options),
        patch: (at, options) => api.patchNamespacedPersistentVolumeClaim(at, options),
        remove: (at, options) => api.deleteNamespacedPersistentVolumeClaim(at, options),
      };
    }),
    deployment: createKindStore('Deployment', namespace, attempt, async () => {
      const api = await apps();
      return {
        read: (at, options) => api.readNamespacedDeployment(at, options),
        list: (at, options) => api.listNamespacedDeployment(at, options),
        create: (at, options) => api.createNamespacedDeployment(at, options),
        patch: (at, options) => api.patchNamespacedDeployment(at, options),
        remove: (at, options) => api.deleteNamespacedDeployment(at, options),
      };
    }),
    replicationcontroller: createKindStore('ReplicationController', namespace, attempt, async () => {
      const api = await core();
      return {
        read: (at, options) => api.readNamespacedReplicationController(at, options),
        list: (at, options) => api.listNamespacedReplicationController(at, options),
        create: (at, options) => api.createNamespacedReplicationController(at, options),
        patch: (at, options) => api.patchNamespacedReplicationController(at, options),
        remove: (at, options) => api.deleteNamespacedReplicationController(at, options),
      };
    }),
    statefulset: createKindStore('StatefulSet', namespace, attempt, async () => {
      const api = await apps();
      return {
        read: (at, options) => api.readNamespacedStatefulSet(at, options),
        list: (at, options) => api.listNamespacedStatefulSet(at, options),
        create: (at, options) => api.createNamespacedStatefulSet(at, options),
        patch: (at, options) => api.patchNamespacedStatefulSet(at, options),
        remove: (at, options) => api.deleteNamespacedStatefulSet(at, options),
      };
    }),
    pod: createKindStore('Pod', namespace, attempt, async () => {
      const api = await core();
      return {
        read: (at, options) => api.readNamespacedPod(at, options),
        list: (at, options) => api.listNamespacedPod(at, options),
        create: (at, options) => api.createNamespacedPod(at, options),
        patch: (at, options) => api.patchNamespacedPod(at, options),
        remove: (at, options) => api.deleteNamespacedPod(at, options),
      };
    }),
  };
}

async function openApis(apiUrl: string | undefined, timeoutMs: number): Promise<Apis> {
  const { client, config } = await connect(apiUrl);
  return {
    attempt: createAttempt(client, timeoutMs),
    core: config.makeApiClient(client.CoreV1Api),
    apps: config.makeApiClient(client.AppsV1Api),
    policy: config.makeApiClient(client.PolicyV1Api),
    networking: config.makeApiClient(client.NetworkingV1Api),
  };
}
