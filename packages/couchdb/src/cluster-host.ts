import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterKey, ClusterNode, ClusterWish, RingNode, StandingCluster } from './cluster.js';

/** One object that a cluster consists of, as the journal names it. */
export interface ClusterPart {
  /** `service/my-test-db1-1a2b3c4d`: unique in a cluster, the same at every try. */
  readonly name: string;
}

/** The administrator that the worker has in every node of a cluster. */
export interface AdminCredentials {
  readonly user: string;
  readonly password: string;
}

/** The administrator's name in every cluster. No account may have it: CouchDB would take the two for one. */
export const CLUSTER_ADMIN = 'quartermaster';

/**
 * Where clusters stand: Kubernetes, in our words. Every method may be repeated after a crash: what exists and is right is
 * left alone. Failures are `AppError`s: `unavailable` (`kubernetes-unavailable`, also a conflict that goes on after
 * several tries) where trying again makes sense; `unprocessable` where Kubernetes refuses for good
 * (`kubernetes-refused`: invalid, over quota, namespace missing; `kubernetes-forbidden`: rights are missing), with its
 * own words.
 */
export interface ClusterHost {
  /** `undefined`: there is none (of this install). */
  find(key: ClusterKey, guard: EffectGuard): Promise<StandingCluster | undefined>;
  /** Of one account, or all of this install; by owner and tag. */
  list(owner: string | undefined, guard: EffectGuard): Promise<StandingCluster[]>;
  /**
   * Begins a cluster with its front Service and what is wished on it. Nothing is done where the same operation has begun
   * it before; throws `conflict` (`cluster-exists`) where another one has, or the name is another's.
   */
  begin(wish: ClusterWish, createId: string, guard: EffectGuard): Promise<void>;
  /** Keeps the account's hashed password with an administrator of our own, whose password is made here; an existing Secret stays. */
  makeSecret(key: ClusterKey, passwordHash: string, guard: EffectGuard): Promise<void>;
  /** `not-found` (`cluster-secret-missing`). */
  loadAdmin(key: ClusterKey, guard: EffectGuard): Promise<AdminCredentials>;
  /** Everything else that a cluster of this shape consists of, in the order of making. Pure. */
  partsOf(wish: ClusterWish): readonly ClusterPart[];
  /** Makes a part, or makes it right. */
  make(wish: ClusterWish, part: ClusterPart, guard: EffectGuard): Promise<void>;
  /** Writes down on the cluster what is wished of it, or that its deletion has begun, or how the ring was drawn. */
  note(
    key: ClusterKey,
    state: Partial<Pick<StandingCluster, 'replicas' | 'databases' | 'deleting' | 'ring'>>,
    guard: EffectGuard,
  ): Promise<void>;
  /** The nodes that go when `replicas` are to stay. Pure. */
  chooseLeaving(cluster: StandingCluster, replicas: number): readonly ClusterNode[];
  /** Takes nodes out of the front Service, so that no new connection reaches them, and names them as those that go. */
  takeOut(cluster: StandingCluster, nodes: readonly ClusterNode[], guard: EffectGuard): Promise<void>;
  /** Puts nodes back in front that were taken out. Those of rc that have no pod, as `restart` was given up, get one. */
  putBack(cluster: StandingCluster, nodes: readonly ClusterNode[], guard: EffectGuard): Promise<void>;
  /**
   * Puts pods in front that stay, while other nodes are taken out: a StatefulSet has one template for all of them, so
   * that one that is started anew meanwhile comes up as those that leave. The template is left as it is, unlike by
   * `putBack`: nodes that leave stay out, also when they are started anew.
   */
  keepInFront(cluster: StandingCluster, nodes: readonly ClusterNode[], guard: EffectGuard): Promise<void>;
  /** Whether a node's data outlive its pod, so that it may be started anew to cut its clients off. Pure. */
  readonly keepsData: (cluster: StandingCluster) => boolean;
  /**
   * Starts a node anew, if it still is this incarnation; asked again, with the same node, until it is done. `done`:
   * nothing of the former pod is left, and its successor may come. Of rc no other pod of the node runs then either, as
   * two of them would write into one volume. Given up half-way, a node of rc has no pod until `putBack` or `make`.
   */
  restart(cluster: StandingCluster, node: ClusterNode, guard: EffectGuard): Promise<{ readonly done: boolean }>;
  /** Ends nodes that were taken out; with `purge` their volumes too. `done`: nothing of them is left (but volumes). */
  endNodes(
    cluster: StandingCluster,
    nodes: readonly Pick<ClusterNode, 'name' | 'pod'>[],
    replicas: number,
    purge: boolean,
    guard: EffectGuard,
  ): Promise<{ readonly done: boolean }>;
  /**
   * Deletes everything of a cluster, its front Service last. `left`: how many objects still are there; ask again until 0.
   * What bears the cluster's name and is another account's is left alone, and not counted.
   */
  remove(key: ClusterKey, guard: EffectGuard): Promise<{ readonly left: number }>;
  close(): void;
}

export type { RingNode };
