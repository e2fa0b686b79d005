import { AppError, type EffectGuard } from '@quartermaster/foundation';
import type { ClusterKey, ClusterWish, SpawnerType, StandingCluster } from '../cluster.js';
import type { ClusterHost } from '../cluster-host.js';
import { clusterName } from '../cluster-name.js';
import {
  clusterLabels,
  clusterObjects,
  frontService,
  installLabels,
  makeClusterSecrets,
  ownerLabels,
  planManifests,
  readAdmin,
  readState,
  secret,
  writeState,
  type ClusterState,
  type Labels,
  type ManifestSettings,
  type WishedObject,
} from './manifests/index.js';
import { chooseLeaving } from './choose-leaving.js';
import { assertOurs, changeObject, ensureObject, findOwn, hasLabels } from './converge.js';
import { endNodes } from './end-nodes.js';
import { createKinds } from './kinds.js';
import { makePart, partName } from './make-part.js';
import { readClusters } from './read-cluster.js';
import { removeCluster } from './remove-cluster.js';
import { restartNode } from './restart-node.js';
import { setPodsServing, setServing } from './serving.js';

export interface KubernetesOptions extends ManifestSettings {
  /** Missing: what the client finds, see `connect`. */
  readonly apiUrl?: string;
  /** Of one attempt, in milliseconds. */
  readonly timeoutMs?: number;
}

const KEEPS_DATA: Readonly<Record<SpawnerType, boolean>> = { deployment: false, rc: true, statefulset: true };
const LOOKS = 3;

/** Clusters in one namespace of Kubernetes. The type of each is what is written on it. Connects to nothing yet. */
export function createKubernetesHost(options: KubernetesOptions): ClusterHost {
  const { installId } = options;
  const kinds = createKinds(options);
  const oursOf = (key: ClusterKey): Labels => clusterLabels(installId, key);
  const objectsOf = (wish: ClusterWish): WishedObject[] => clusterObjects(planManifests(options, wish));

  async function read(labels: Labels, guard: EffectGuard): Promise<StandingCluster[]> {
    const [services, pods] = await Promise.all([kinds.service.list(labels, guard), kinds.pod.list(labels, guard)]);
    return readClusters(services, pods);
  }

  /** What the front Service says, if it is this cluster's: against all odds two accounts may share a name of objects. */
  async function loadState(key: ClusterKey, guard: EffectGuard): Promise<ClusterState | undefined> {
    const standing = await kinds.service.find(clusterName(key), guard);
    if (standing === undefined) return undefined;
    const state = hasLabels(standing, oursOf(key)) ? readState(standing) : undefined;
    if (state?.owner !== key.owner) {
      const words = `The name ${clusterName(key)} is taken by a Service that is not this cluster's.`;
      throw new AppError('conflict', 'cluster-exists', words);
    }
    assertOurs('Service', standing, oursOf(key));
    return state;
  }

  return {
    find: async (key, guard) => (await read(oursOf(key), guard)).find(({ owner }) => owner === key.owner),

    list: async (owner, guard) => {
      if (owner === undefined) return read(installLabels(installId), guard);
      const clusters = await read(ownerLabels(installId, owner), guard);
      return clusters.filter((cluster) => cluster.owner === owner);
    },

    begin: async (wish, createId, guard) => {
      const manifest = frontService(planManifests(options, wish), createId);
      for (let look = 0; look < LOOKS; look += 1) {
        const state = await loadState(wish, guard);
        if (state?.createdBy === createId && !state.deleting) return;
        if (state !== undefined) {
          throw new AppError('conflict', 'cluster-exists', `There is a cluster ${wish.tag} already.`);
        }
        if (await kinds.service.create(manifest, guard)) return;
      }
      throw new AppError('unavailable', 'kubernetes-unavailable', `The Service ${clusterName(wish)} comes and goes.`);
    },

    makeSecret: async (key, passwordHash, guard) => {
      const plan = planManifests(options, { ...key, spawner: 'deployment', replicas: 1, databases: [] });
      const manifest = secret(plan, passwordHash, makeClusterSecrets());
      await ensureObject(kinds.secret, manifest, {}, oursOf(key), guard);
    },

    loadAdmin: async (key, guard) => {
      const standing = await findOwn(kinds.secret, clusterName(key), oursOf(key), guard);
      const admin = standing === undefined ? undefined : readAdmin(standing);
      if (admin !== undefined) return admin;
      const words = `The Secret ${clusterName(key)} is gone, or holds no administrator.`;
      throw new AppError('not-found', 'cluster-secret-missing', words);
    },

    partsOf: (wish) => objectsOf(wish).map(partName),

    make: async (wish, part, guard) => {
      const object = objectsOf(wish).find((one) => partName(one).name === part.name);
      if (object === undefined) throw new Error(`${part.name} is no part of ${clusterName(wish)}`);
      await makePart(kinds, object, oursOf(wish), guard);
    },

    note: async (key, state, guard) => {
      const name = clusterName(key);
      const wished = { metadata: { annotations: writeState(state) } };
      const plan = (standing: object): object => {
        assertOurs('Service', standing, oursOf(key));
        return wished;
      };
      if ((await changeObject(kinds.service, name, plan, guard)) === 'done') return;
      throw new AppError('not-found', 'cluster-gone', `The Service ${name} is gone.`);
    },

    chooseLeaving,
    takeOut: (cluster, nodes, guard) => setServing(kinds, cluster, nodes, false, guard),
    putBack: (cluster, nodes, guard) => setServing(kinds, cluster, nodes, true, guard),
    keepInFront: (cluster, nodes, guard) => setPodsServing(kinds, cluster, nodes, true, guard),
    keepsData: ({ spawner }) => KEEPS_DATA[spawner],

    restart: (cluster, node, guard) => restartNode({ kinds, installId, cluster, node, guard }),

    endNodes: (cluster, nodes, replicas, purge, guard) =>
      endNodes({ kinds, installId, cluster, nodes, replicas, purge, guard }),
    remove: (key, guard) => removeCluster(kinds, installId, key, guard),
    close: () => undefined,
  };
}
