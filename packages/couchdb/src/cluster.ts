/** How the nodes of a cluster are run: `deployment` without volumes, `rc` and `statefulset` with one each. */
export const SPAWNER_TYPES = ['deployment', 'rc', 'statefulset'] as const;
export type SpawnerType = (typeof SPAWNER_TYPES)[number];

/** Whose cluster, and which of his. */
export interface ClusterKey {
  /** The account's name. */
  readonly owner: string;
  readonly tag: string;
}

/** What a cluster is to be. It is kept with the cluster itself, on its front Service. */
export interface ClusterWish extends ClusterKey {
  readonly spawner: SpawnerType;
  /** 1 to 10. */
  readonly replicas: number;
  /** What the ring carries, sorted, each once. */
  readonly databases: readonly string[];
}

/** One CouchDB. */
export interface ClusterNode {
  /** Stable: `my-test-db1-1a2b3c4d-3` (rc), `…-2` (statefulset: the pod's name); a Deployment's node has its pod's name. */
  readonly name: string;
  /** Missing while it has none. */
  readonly pod?: string;
  /** Where the others and the worker reach it, an IP address: of its own Service (rc) or of its pod. Missing while it has none. */
  readonly address?: string;
  /** Changes whenever the pod is another one or its container was started anew. */
  readonly incarnation: string;
  /** Kubernetes calls its pod ready, and it has an address. */
  readonly ready: boolean;
  /** It has been taken out of the front Service, to go. */
  readonly leaving: boolean;
}

/** A node as it was when the ring was drawn through it. */
export type RingNode = Required<Pick<ClusterNode, 'name' | 'address' | 'incarnation'>>;

/** A cluster as it stands in Kubernetes. */
export interface StandingCluster extends ClusterWish {
  /** What all names of its objects begin with: `my-test-db1-1a2b3c4d`. */
  readonly name: string;
  readonly namespace: string;
  /** Operation that made it. */
  readonly createdBy: string;
  /** Its deletion has begun. */
  readonly deleting: boolean;
  /** `http://10.0.0.7:5984`, the front Service's; missing while it has none. */
  readonly endpoint?: string;
  /** In the order of the ring. Those that are wished and have no pod (yet) are among them (rc and statefulset). */
  readonly nodes: readonly ClusterNode[];
  /** The ring as it was drawn last, in order; one node alone is one, too. Empty: it never was. */
  readonly ring: readonly RingNode[];
}
