import { isEqual } from './json.js';
import type { Kind, KubeObject, ObjectChange, ObjectStore } from './objects.js';

/** Kinds whose objects count the changes of their `spec`. */
const COUNTED: ReadonlySet<Kind> = new Set([
  'Deployment',
  'NetworkPolicy',
  'Pod',
  'PodDisruptionBudget',
  'ReplicationController',
  'StatefulSet',
] as const);

export interface StoreOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly uid: () => string;
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** Every object in memory. A change made by a listener is told after the one that it hears of. */
export function createObjectStore({ now, uid }: StoreOptions): ObjectStore {
  const objects = new Map<string, KubeObject>();
  const listeners = new Set<(change: ObjectChange) => void>();
  const untold: ObjectChange[] = [];
  let telling = false;
  let version = 0;

  function nextVersion(): string {
    version += 1;
    return String(version);
  }

  function tell(change: ObjectChange): void {
    untold.push(change);
    if (telling) return;
    telling = true;
    try {
      for (let next = untold.shift(); next !== undefined; next = untold.shift()) {
        for (const listener of listeners) listener(next);
      }
    } finally {
      telling = false;
    }
  }

  function removeAt(key: string, object: KubeObject): void {
    objects.delete(key);
    const metadata = { ...object.metadata, resourceVersion: nextVersion() };
    tell({ type: 'removed', object: { ...object, metadata } });
  }

  return {
    get: (kind, namespace, name) => objects.get(keyOf(kind, namespace, name)),
    list: (kind, namespace) =>
      [...objects.values()]
        .filter((object) => object.kind === kind)
        .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
        .toSorted(
          (a, b) => compare(a.metadata.namespace, b.metadata.namespace) || compare(a.metadata.name, b.metadata.name),
        ),
    create(given) {
      const key = keyOf(given.kind, given.metadata.namespace, given.metadata.name);
      if (objects.has(key)) throw new Error(`There is a ${given.kind} ${given.metadata.name} already`);
      const object: KubeObject = {
        ...given,
        metadata: {
          ...given.metadata,
          uid: uid(),
          resourceVersion: nextVersion(),
          ...(COUNTED.has(given.kind) ? { generation: 1 } : {}),
          creationTimestamp: timestamp(now()),
        },
      };
      objects.set(key, object);
      tell({ type: 'added', object });
      return object;
    },
    update(given) {
      const key = keyOf(given.kind, given.metadata.namespace, given.metadata.name);
      const before = objects.get(key);
      // Who holds an object of the same name that was there before has nothing to say about this one.
      if (before === undefined || before.metadata.uid !== given.metadata.uid) return undefined;
      const same = { resourceVersion: before.metadata.resourceVersion, ...generationOf(before) };
      if (isEqual({ ...given, metadata: { ...given.metadata, ...same } }, before)) return before;
      const counts = before.metadata.generation !== undefined && !isEqual(given.spec, before.spec);
      const object: KubeObject = {
        ...given,
        metadata: {
          ...given.metadata,
          resourceVersion: nextVersion(),
          ...(counts ? { generation: (before.metadata.generation ?? 0) + 1 } : generationOf(before)),
        },
      };
      if (isOver(object)) {
        removeAt(key, object);
        return undefined;
      }
      objects.set(key, object);
      tell({ type: 'modified', object });
      return object;
    },
    remove(kind, namespace, name) {
      const key = keyOf(kind, namespace, name);
      const object = objects.get(key);
      if (object !== undefined) removeAt(key, object);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clear() {
      for (const [key, object] of objects) removeAt(key, object);
    },
  };
}

/** Its deletion was asked for, and nobody has anything left to do about it. A grace period is for the node to end. */
function isOver({ metadata }: KubeObject): boolean {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = metadata;
  return deletionTimestamp !== undefined && finalizers.length === 0 && deletionGracePeriodSeconds === 0;
}

function generationOf({ metadata: { generation } }: KubeObject): { generation?: number } {
  return generation === undefined ? {} : { generation };
}

function keyOf(kind: Kind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
