/** The kinds of which this stand-in keeps objects. */
export type Kind =
  | 'Deployment'
  | 'NetworkPolicy'
  | 'PersistentVolumeClaim'
  | 'Pod'
  | 'PodDisruptionBudget'
  | 'ReplicationController'
  | 'Secret'
  | 'Service'
  | 'StatefulSet';

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** One counter over all objects. */
  readonly resourceVersion: string;
  readonly generation?: number;
  /** RFC 3339, whole seconds, as Kubernetes has them. */
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** An object as it is kept; never changed in place. What lies in `spec` and `status` has been checked by its kind's schema. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  /** Of a Secret: base64. */
  readonly data?: Readonly<Record<string, string>>;
  readonly type?: string;
}

/** A new object: what the store adds by itself is missing. */
export type NewObject = Omit<KubeObject, 'metadata'> & {
  readonly metadata: Pick<ObjectMeta, 'name' | 'namespace'> &
    Partial<Pick<ObjectMeta, 'labels' | 'annotations' | 'ownerReferences' | 'finalizers'>>;
};

export type ObjectChange = { readonly type: 'added' | 'modified' | 'removed'; readonly object: KubeObject };

/** Everything that is kept, of all namespaces; the API and the controllers both work on it. */
export interface ObjectStore {
  get(kind: Kind, namespace: string, name: string): KubeObject | undefined;
  /** Of all namespaces where none is named; by namespace and name. */
  list(kind: Kind, namespace?: string): KubeObject[];
  /** Throws where there is one of that kind and name. */
  create(object: NewObject): KubeObject;
  /**
   * Puts a changed object in the place of the one of its kind and name: a new `resourceVersion`, and a new `generation` where its
   * `spec` has changed. Nothing happens where nothing has changed, or it is gone. An object with a `deletionTimestamp` and no
   * finalizers left is removed, but for one with a grace period: the runtime removes it when its process has ended.
   */
  update(object: KubeObject): KubeObject | undefined;
  /** Removes it at once, whatever finalizers it has. */
  remove(kind: Kind, namespace: string, name: string): void;
  /** Called after each change, in order. Returns how to stop it. */
  onChange(listener: (change: ObjectChange) => void): () => void;
  clear(): void;
}

/** What makes the objects alive: controllers, pods, addresses. `createKubernetesRuntime` of `runtime` makes one. */
export interface KubernetesRuntime {
  /** Takes a block of loopback addresses. No process is started before there is a Pod. */
  start(): Promise<void>;
  /** Ends every process and listener, and removes what they have written. */
  stop(): Promise<void>;
  /** Ends every process at once, and clears the store. */
  reset(): void;
  /** A loopback address that no other Service or Pod has: what the API writes into a new Service without `clusterIP`. */
  clusterIpFor(): string;
  readonly control: KubernetesControl;
}

/** What `/_sandbox/kubernetes` shows and does. */
export interface KubernetesControl {
  show(): object;
  /** Of the process of a Pod's container. `false`: there is no such Pod, or it has no process. */
  signal(pod: string, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean;
}
