import type { ErrorRecord } from '@quartermaster/foundation';
import type { ClusterKey } from './cluster.js';

/** What is asked of one cluster; operations on one cluster are done in the order of their acceptance. */
export type ClusterChange =
  | { readonly kind: 'create'; readonly replicas: number; readonly password_hash: string }
  | { readonly kind: 'delete' }
  | { readonly kind: 'scale'; readonly replicas: number; readonly purge: boolean }
  | { readonly kind: 'replicate'; readonly databases: readonly string[] }
  /** Asked for by the mini-worker: the ring does not go through the nodes that are there. */
  | { readonly kind: 'mend' };

export type ClusterOperation = ClusterKey & ClusterChange & { readonly id: string; readonly request_id?: string };

/** What is asked about clusters: all of an account's, or one. */
export type ClusterQuestion = {
  readonly id: string;
  readonly owner: string;
  /** Missing: all. */
  readonly tag?: string;
  readonly request_id?: string;
};

/** A cluster as callers see it, kanto's fields first and in kanto's order. */
export interface ShownCluster {
  readonly Tag: string;
  readonly Username: string;
  /** In the answer to `create` only. */
  readonly Password?: string;
  readonly Replicas: number;
  /** `http://10.0.0.7:5984`; empty while there is none. */
  readonly Endpoint: string;
  readonly Namespace: string;
  readonly Spawner?: string;
  readonly Databases?: readonly string[];
  readonly Nodes?: readonly { readonly Name: string; readonly Ready: boolean; readonly Address?: string }[];
  readonly Replications?: readonly {
    readonly Database: string;
    /** Names of nodes. */
    readonly From: string;
    readonly To: string;
    readonly State: string;
    readonly Reason?: string;
    /** Changes that have not gone on yet; missing where no node says. */
    readonly Pending?: number;
  }[];
  /** Set while the cluster is being deleted. */
  readonly Deleting?: true;
  /** In `detail`: what was asked for last and what came of it, for 24 hours. */
  readonly LastOperation?: {
    readonly Id: string;
    /** `create`, `scale`, `replicate` or `delete`. */
    readonly Kind: string;
    readonly State: 'waiting' | 'done' | 'failed';
    /** For people, once it has ended. */
    readonly Message?: string;
    /** Of a failure, as in `error_detail`. */
    readonly Code?: string;
  };
}

/** What came of an operation or a question. */
export type OperationOutcome =
  | { readonly state: 'done'; readonly message: string; readonly result?: ShownCluster | readonly ShownCluster[] }
  | { readonly state: 'failed'; readonly error: ErrorRecord };
