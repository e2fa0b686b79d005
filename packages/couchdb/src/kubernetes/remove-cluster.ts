import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterKey } from '../cluster.js';
import { clusterName } from '../cluster-name.js';
import { clusterLabels, readState, readUser } from './manifests/index.js';
import { findOwn } from './converge.js';
import type { KindStore, KubeObject } from './kind-store.js';
import type { Kinds } from './kinds.js';

/** Objects of one kind, and how one is deleted. */
interface Stand {
  readonly count: number;
  readonly remove: () => Promise<void>;
}

/**
 * Deletes what comes next of a cluster: workloads; then, when they and their pods are gone, all the rest; the front Service
 * when that is gone, as it alone says what belonged to whom. `left`: how many are there yet of what went last; asked again
 * until 0. Nothing is touched where it is another account's.
 */
export async function removeCluster(
  kinds: Kinds,
  installId: string,
  key: ClusterKey,
  guard: EffectGuard,
): Promise<{ readonly left: number }> {
  const labels = clusterLabels(installId, key);
  const isFront = ({ metadata }: KubeObject): boolean => metadata?.name === clusterName(key);
  const owner = await findOwner();
  if (owner !== undefined && owner !== key.owner) return { left: 0 };

  for (const look of [lookAtWorkloads, lookAtRest, lookAtFront]) {
    const stands = await look();
    for (const { remove } of stands) await remove();
    const left = (await look()).reduce((sum, { count }) => sum + count, 0);
    if (left > 0) return { left };
  }
  return { left: 0 };

  /**
   * Against all odds two accounts may share a name of objects, and all labels. Who is meant is said in full by the front
   * Service, or, where that was deleted by hand, by the Secret; `undefined`: by neither.
   */
  async function findOwner(): Promise<string | undefined> {
    const front = await findOwn(kinds.service, clusterName(key), labels, guard);
    const state = front === undefined ? undefined : readState(front);
    if (state !== undefined) return state.owner;
    const secret = await findOwn(kinds.secret, clusterName(key), labels, guard);
    return secret === undefined ? undefined : readUser(secret);
  }

  function lookAtWorkloads(): Promise<Stand[]> {
    return Promise.all([
      stand(kinds.statefulset),
      stand(kinds.deployment),
      stand(kinds.replicationcontroller),
      // They go with what they belong to.
      stand(kinds.pod, () => true, false),
    ]);
  }

  function lookAtRest(): Promise<Stand[]> {
    return Promise.all([
      stand(kinds.persistentvolumeclaim),
      stand(kinds.poddisruptionbudget),
      stand(kinds.networkpolicy),
      stand(kinds.secret),
      stand(kinds.service, (object) => !isFront(object)),
    ]);
  }

  async function lookAtFront(): Promise<Stand[]> {
    return [await stand(kinds.service, isFront)];
  }

  async function stand<T extends KubeObject>(
    store: KindStore<T>,
    isMeant: (object: KubeObject) => boolean = () => true,
    removes = true,
  ): Promise<Stand> {
    const objects = (await store.list(labels, guard)).filter(isMeant);
    const remove = async (): Promise<void> => {
      for (const object of objects) {
        if (removes && object.metadata?.deletionTimestamp === undefined) await store.remove(object, guard);
      }
    };
    return { count: objects.length, remove };
  }
}
