import type { EffectGuard } from '@quartermaster/foundation';
import type { AdminCredentials } from './cluster-host.js';

/** A replication as it stands in a node's `_replicator`, if it is ours. */
export interface Replication {
  readonly id: string;
  readonly database: string;
  /** `http://10.0.0.7:5984/test`, without credentials. */
  readonly source: string;
  readonly target: string;
  readonly continuous: boolean;
  /** `starting`: nothing is known yet. `failing`: CouchDB tries again by itself. `failed`: it does not. */
  readonly state: 'starting' | 'running' | 'failing' | 'failed' | 'completed';
  /** Why it fails, without credentials. */
  readonly reason?: string;
  /**
   * Changes whenever the replication gets on, and grows but where CouchDB has begun it anew after a failure. Means nothing
   * by itself. Missing: this CouchDB does not tell, or not now, as while it fails.
   */
  readonly progress?: number;
  /** Changes of the source that the target has not got yet. Missing: this CouchDB does not tell, or not now. */
  readonly pending?: number;
  /** How many documents the target did not take. They stay away, whatever `state` says. Missing: this CouchDB does not tell. */
  readonly writeFailures?: number;
}

/** What is wished of a replication. Source and target are nodes' addresses (IP); both ends get the administrator's credentials as a header. */
export interface ReplicationWish {
  /** Begins with `REPLICATION_PREFIX`. */
  readonly id: string;
  readonly database: string;
  /** IP addresses. */
  readonly from: string;
  readonly to: string;
  readonly continuous: boolean;
}

/** What the ids of all our replications begin with. Others are never touched. */
export const REPLICATION_PREFIX = 'quartermaster-';

/**
 * One node, spoken to as its administrator. Failures are `AppError`s: `unavailable` where trying again makes sense:
 * `couchdb-unreachable` (no connection, or none in time), `couchdb-unavailable` (it answers, with an error); else
 * `unprocessable` (`couchdb-refused`), with CouchDB's words and never a credential.
 */
export interface CouchNode {
  /** Makes `_users` and `_replicator` where they are missing, then these databases. */
  ensureDatabases(names: readonly string[], guard: EffectGuard): Promise<void>;
  /** Our replications on this node. A node without `_replicator` has none. */
  listReplications(guard: EffectGuard): Promise<Replication[]>;
  /**
   * Begins a replication and waits until CouchDB has taken it up (not until it runs, or has ended); leaves it alone where
   * it stands with the same ends and has not failed. Another of its id is replaced, and one of ours that goes the same way
   * under another id is removed, as only one of the two would run. Changes on one node are made one after the other.
   */
  putReplication(wish: ReplicationWish, guard: EffectGuard): Promise<void>;
  /** Nothing happens where there is none of this id. */
  removeReplication(id: string, guard: EffectGuard): Promise<void>;
  /** How many changes a database has seen: it grows with every write. 0: there is no such database. */
  loadSequence(database: string, guard: EffectGuard): Promise<number>;
  /** How many documents a database has, deleted ones too. 0: there is no such database. */
  countDocuments(database: string, guard: EffectGuard): Promise<number>;
}

export interface CouchPort {
  /** `address`: IP. Connects to nothing yet. */
  node(address: string, admin: AdminCredentials): CouchNode;
  close(): void;
}
