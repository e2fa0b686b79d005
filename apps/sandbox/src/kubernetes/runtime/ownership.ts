import { deleteObject } from '../deletion.js';
import type { KubeObject, ObjectStore, OwnerReference } from '../objects.js';
import { isLeaving } from './pod-spec.js';

export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** How an object names itself as the controller of another. */
export function asController({
  apiVersion,
  kind,
  metadata: { name, uid },
}: {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
}): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/**
 * The pods that a controller counts. One of its own that no longer matches is let go; one that matches and belongs to nobody
 * is taken.
 */
export function claimPods(
  store: ObjectStore,
  namespace: string,
  owner: OwnerReference,
  matches: (pod: KubeObject) => boolean,
): KubeObject[] {
  const claimed: KubeObject[] = [];
  for (const pod of store.list('Pod', namespace)) {
    const controller = controllerOf(pod);
    const { ownerReferences = [], ...metadata } = pod.metadata;
    if (controller?.uid === owner.uid && controller.name === owner.name) {
      if (matches(pod)) claimed.push(pod);
      else if (!isLeaving(pod)) {
        const others = ownerReferences.filter(({ uid }) => uid !== owner.uid);
        store.update({
          ...pod,
          metadata: { ...metadata, ...(others.length === 0 ? {} : { ownerReferences: others }) },
        });
      }
    } else if (controller === undefined && !isLeaving(pod) && matches(pod)) {
      const taken = store.update({ ...pod, metadata: { ...metadata, ownerReferences: [...ownerReferences, owner] } });
      if (taken !== undefined) claimed.push(taken);
    }
  }
  return claimed;
}

/** Asks for a pod's end, as a controller does: with the pod's own grace period. */
export function deletePod(store: ObjectStore, pod: KubeObject, now: () => number): void {
  if (!isLeaving(pod)) deleteObject(store, pod, { now, propagation: 'Background' });
}
