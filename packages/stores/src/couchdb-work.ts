import type { ClusterKey, ClusterOperation, ClusterQuestion, OperationOutcome } from '@quartermaster/couchdb';
import type { OpenJob } from './open-jobs.js';

/** How an operation or a question stands. `undefined` where it is asked for: not known (any more). */
export type OperationState = { readonly state: 'waiting' } | OperationOutcome;

/**
 * `same`: it was accepted before, by id. `unknown-account`: the account has been deleted meanwhile. `full`: too much waits
 * for this cluster. `busy` (`acceptIfIdle`): something waits for this cluster.
 */
export type AcceptedOperation = 'accepted' | 'same' | 'unknown-account' | 'full' | 'busy';

/** Operations on clusters, and questions about them, as `web` sees them. */
export interface ClusterOperations {
  /**
   * Takes an operation: its state, its place in the list of its cluster, its cluster among the account's, and the open job
   * `work-off-cluster` in one script, or nothing of it and why not. `cluster`: `clusterName(operation)`.
   */
  accept(cluster: string, operation: ClusterOperation, job: OpenJob, now: number): Promise<AcceptedOperation>;
  /** Takes a question with its open job `read-clusters`. */
  ask(question: ClusterQuestion, job: OpenJob, now: number): Promise<Exclude<AcceptedOperation, 'busy'>>;
  load(id: string): Promise<OperationState | undefined>;
}

/** The operation that was asked for last of a cluster, of those that counted or wait. */
export interface LastOperation {
  readonly id: string;
  readonly kind: Exclude<ClusterOperation['kind'], 'mend'>;
  readonly state: OperationState;
}

/** What has come of an operation, and what follows from it. */
export interface FinishedOperation {
  readonly outcome: OperationOutcome;
  /** Whether the cluster is there afterwards; decides whether its account can be deleted. Missing: as before. */
  readonly stands?: boolean;
  /** It is what came of the cluster. Not so: a caller's mistake, which is told to him alone, or what nobody asked for. */
  readonly counts?: boolean;
  /** Opened together with it; to be dispatched afterwards. */
  readonly jobs?: readonly OpenJob[];
}

/** The same, as the worker sees them. */
export interface ClusterWork {
  /** The operation that is to be carried out next on a cluster. */
  head(cluster: string): Promise<{ readonly operation: ClusterOperation } | undefined>;
  /** `undefined`: none was, or not in the last 24 hours. */
  loadLast(cluster: string): Promise<LastOperation | undefined>;
  /** How many of these wait for a cluster. */
  countWaiting(cluster: string, kind: ClusterOperation['kind']): Promise<number>;
  /**
   * Stores what came of the head of a cluster's list and takes it off; password hashes go with it. `fence`: of the journal
   * of `couchdb:<cluster>`; false, and nothing stored, where somebody else has begun since.
   */
  finish(cluster: string, fence: number, id: string, finished: FinishedOperation, now: number): Promise<boolean>;
  loadQuestion(id: string): Promise<{ readonly question: ClusterQuestion; readonly asked_at: number } | undefined>;
  answer(id: string, outcome: OperationOutcome): Promise<void>;
}

/** The same, as those see them who have rings mended: the mini-worker, and a worker that is asked how a cluster stands. */
export interface ClusterBoard {
  /** Clusters that were asked for and not deleted, of all accounts. */
  listClusters(): Promise<ClusterKey[]>;
  /** Like `accept`, where nothing waits for the cluster; else `busy`. */
  acceptIfIdle(cluster: string, operation: ClusterOperation, job: OpenJob, now: number): Promise<AcceptedOperation>;
}
