import { ruleOf, KIND_RULES } from './kinds.js';
import type { KubeObject, ObjectStore } from './objects.js';
import { timestamp } from './store.js';

/** What becomes of what an object owns. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export interface DeletionOptions {
  readonly now: () => number;
  readonly propagation?: Propagation;
  /** Seconds that a pod has to end; the pod's own where left out. */
  readonly grace?: number;
}

const WAITS_FOR_OWNED = 'foregroundDeletion';
const LETS_GO = 'orphan';

/**
 * Begins the deletion of an object: one that has finalizers, or a pod that is given time, stays with a `deletionTimestamp` until
 * they are gone; any other is removed at once. Returns what is left of it.
 */
export function deleteObject(store: ObjectStore, object: KubeObject, options: DeletionOptions): KubeObject | undefined {
  const { kind, metadata } = object;
  const { namespace, name } = metadata;
  const own = finalizerOf(options.propagation ?? (ruleOf(kind).orphans ? 'Orphan' : 'Background'));
  const finalizers = [...new Set([...(metadata.finalizers ?? []), ...own])];
  const grace = kind === 'Pod' ? graceOf(object, options.grace) : 0;
  if (finalizers.length === 0 && grace === 0) {
    store.remove(kind, namespace, name);
    return undefined;
  }
  const ending = { deletionTimestamp: timestamp(options.now() + grace * 1000), deletionGracePeriodSeconds: grace };
  const before = metadata.deletionGracePeriodSeconds;
  // A deletion that has begun can only be made to go faster.
  const begun = metadata.deletionTimestamp !== undefined && (before === undefined || before <= grace);
  const withFinalizers = finalizers.length === 0 ? {} : { finalizers };
  return store.update({ ...object, metadata: { ...metadata, ...withFinalizers, ...(begun ? {} : ending) } });
}

function finalizerOf(propagation: Propagation): string[] {
  if (propagation === 'Background') return [];
  return [propagation === 'Foreground' ? WAITS_FOR_OWNED : LETS_GO];
}

function graceOf({ spec }: KubeObject, asked: number | undefined): number {
  const own = spec?.['terminationGracePeriodSeconds'];
  return asked ?? (typeof own === 'number' ? own : 30);
}

/** Deletes what belonged to what is gone, as the garbage collector of Kubernetes does. Returns how to stop it. */
export function collectGarbage(store: ObjectStore, now: () => number): () => void {
  return store.onChange(({ type, object }) => {
    if (type === 'removed') dropOwned(store, object, now);
    else settleOwned(store, object, now);
    if (type === 'removed') settleOwners(store, object, now);
  });
}

/** What has another owner left stays with that one. */
function dropOwned(store: ObjectStore, owner: KubeObject, now: () => number): void {
  for (const owned of ownedBy(store, owner)) {
    const left = referencesWithout(owned, owner);
    if (left.length === 0) deleteObject(store, owned, { now, propagation: 'Background' });
    else store.update({ ...owned, metadata: { ...owned.metadata, ownerReferences: left } });
  }
}

function settleOwned(store: ObjectStore, given: KubeObject, now: () => number): void {
  const owner = store.get(given.kind, given.metadata.namespace, given.metadata.name);
  if (owner?.metadata.deletionTimestamp === undefined) return;
  const finalizers = owner.metadata.finalizers ?? [];
  if (finalizers.includes(LETS_GO)) {
    for (const owned of ownedBy(store, owner)) {
      store.update({ ...owned, metadata: { ...owned.metadata, ownerReferences: referencesWithout(owned, owner) } });
    }
    finish(store, owner, LETS_GO);
    return;
  }
  if (!finalizers.includes(WAITS_FOR_OWNED)) return;
  const owned = ownedBy(store, owner);
  for (const object of owned) {
    if (object.metadata.deletionTimestamp === undefined)
      deleteObject(store, object, { now, propagation: 'Foreground' });
  }
  if (!ownedBy(store, owner).some((object) => blocks(object, owner))) finish(store, owner, WAITS_FOR_OWNED);
}

/** An owner that waited for this one may be able to go. */
function settleOwners(store: ObjectStore, gone: KubeObject, now: () => number): void {
  for (const { uid } of gone.metadata.ownerReferences ?? []) {
    const owner = KIND_RULES.flatMap(({ kind }) => store.list(kind, gone.metadata.namespace)).find(
      ({ metadata }) => metadata.uid === uid,
    );
    if (owner !== undefined) settleOwned(store, owner, now);
  }
}

function finish(store: ObjectStore, given: KubeObject, finalizer: string): void {
  const object = store.get(given.kind, given.metadata.namespace, given.metadata.name);
  if (object === undefined) return;
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  store.update({ ...object, metadata: { ...object.metadata, finalizers } });
}

function ownedBy(store: ObjectStore, owner: KubeObject): KubeObject[] {
  const owns = ({ metadata }: KubeObject): boolean =>
    (metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid);
  return KIND_RULES.flatMap(({ kind }) => store.list(kind, owner.metadata.namespace)).filter(owns);
}

function referencesWithout(
  owned: KubeObject,
  owner: KubeObject,
): NonNullable<KubeObject['metadata']['ownerReferences']> {
  return (owned.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
}

function blocks(owned: KubeObject, owner: KubeObject): boolean {
  return (owned.metadata.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true,
  );
}
