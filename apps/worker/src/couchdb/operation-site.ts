import {
  clusterName,
  type ClusterHost,
  type ClusterOperation,
  type CouchNode,
  type CouchPort,
  type OperationOutcome,
  type SpawnerType,
  type StandingCluster,
} from '@quartermaster/couchdb';
import {
  AppError,
  toErrorRecord,
  type EffectGuard,
  type ErrorKind,
  type ErrorRecord,
  type Logger,
} from '@quartermaster/foundation';
import { RetryLater, type Journal } from '@quartermaster/jobs';
import type { Standstill } from './standstill.js';

export interface ClusterSettings {
  readonly spawner: SpawnerType;
  /** How long nodes may take to become ready. */
  readonly readyMs: number;
  /** How long a node may be out of the worker's reach that Kubernetes calls ready. */
  readonly reachMs: number;
  /** Who is told; missing: nobody. */
  readonly channel: string | undefined;
}

/** What operations on clusters are carried out with, and the clock. */
export interface ClusterParts {
  readonly host: ClusterHost;
  readonly couch: CouchPort;
  readonly settings: ClusterSettings;
  readonly standstill: Standstill;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** One try of an operation: what it is, with what, and under which journal. */
export interface OperationSite extends ClusterParts {
  readonly operation: ClusterOperation;
  readonly log: Logger;
  readonly journal: Journal;
  /** Speaks to one node as its administrator. Throws `NodeUnreachable`. */
  at<T>(address: string, work: (node: CouchNode) => Promise<T>): Promise<T>;
}

/** What came of an operation, and what is told of it besides its outcome. */
export interface OperationEnd {
  readonly outcome: OperationOutcome;
  /** Whether the cluster is there now; missing: as before. */
  readonly stands?: boolean;
  /** Missing: what follows from the outcome. Empty: nothing is told. */
  readonly told?: string;
}

/** The operation has failed for good, of whatever kind its error is: no further try. */
export class OperationFailed extends AppError {
  override readonly name = 'OperationFailed';
  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    /** Whether the cluster is there now; missing: as before. */
    readonly stands?: boolean,
  ) {
    super(kind, code, message);
  }
}

/** Kubernetes calls a node ready, and there is no way to it from here. */
export class NodeUnreachable extends AppError {
  override readonly name = 'NodeUnreachable';
  constructor(
    readonly address: string,
    /** When (ms since 1970) it was tried. */
    readonly triedAt: number,
    cause: AppError,
  ) {
    super('unavailable', 'couchdb-unreachable', cause.message, { cause });
  }
}

export function createOperationSite(
  parts: ClusterParts,
  operation: ClusterOperation,
  journal: Journal,
  log: Logger,
): OperationSite {
  const { host, couch } = parts;
  let admin: ReturnType<ClusterHost['loadAdmin']> | undefined;
  return {
    ...parts,
    operation,
    journal,
    log,
    at: async (address, work) => {
      const triedAt = parts.now();
      try {
        return await work(couch.node(address, await (admin ??= host.loadAdmin(operation, journal.guard))));
      } catch (error) {
        if (error instanceof AppError && error.code === 'couchdb-unreachable')
          throw new NodeUnreachable(address, triedAt, error);
        throw error;
      }
    },
  };
}

/** Once the cluster is known to be there: its being gone is somebody else's doing. */
export async function loadCluster({ host, operation, journal }: OperationSite): Promise<StandingCluster> {
  const cluster = await host.find(operation, journal.guard);
  if (cluster === undefined) throw unknownCluster(operation.tag);
  return cluster;
}

export function unknownCluster(tag: string): OperationFailed {
  return new OperationFailed('not-found', 'unknown-cluster', `There is no CouchDB cluster ${tag}.`, false);
}

export function beingDeleted(tag: string): OperationFailed {
  return new OperationFailed('conflict', 'cluster-deleting', `CouchDB cluster ${tag} is being deleted.`);
}

/** How long (ms) one try looks again and again before its slot is given to others, how often, and when it comes back. */
const LOOK_MS = 3_000;
const LOOK_EVERY_MS = 200;
const COME_BACK_MS = 1_000;

/**
 * Waits for something, as a step: what was seen is recorded, so that no later try decides otherwise. `look` gives
 * `undefined` while there is nothing to say yet. Throws `RetryLater` after some seconds.
 */
export function awaitStep<T>(
  { journal, now, pause }: OperationSite,
  name: string,
  look: (guard: EffectGuard) => Promise<T | undefined>,
): Promise<T> {
  return journal.step(name, {
    act: async (guard) => {
      const end = now() + LOOK_MS;
      for (;;) {
        const seen = await look(guard);
        if (seen !== undefined) return seen;
        if (now() >= end) throw new RetryLater(COME_BACK_MS);
        await pause(LOOK_EVERY_MS);
        guard.assertHeld();
      }
    },
  });
}

/**
 * Does what may be refused for good, and records that it was: what is undone then must not be done by a later try, for which
 * it is refused no more.
 */
export function attemptStep<T>(
  { journal }: OperationSite,
  name: string,
  work: () => Promise<T>,
): Promise<{ readonly done: T } | { readonly refused: ErrorRecord }> {
  return journal.step(name, {
    act: async () => {
      try {
        return { done: await work() };
      } catch (error) {
        if (!(error instanceof AppError) || error.kind === 'unavailable' || error instanceof OperationFailed)
          throw error;
        return { refused: toErrorRecord(error) };
      }
    },
  });
}

/** When (ms since 1970) this point was reached first. */
export function timeStep({ journal, now }: OperationSite, name: string): Promise<number> {
  return journal.step(name, { act: () => Promise.resolve(now()) });
}

/** Does the same for all at once; throws the first failure when all have ended, so that nothing goes on unseen. */
export async function forEach<T>(
  items: readonly T[],
  work: (item: T, number: number) => Promise<unknown>,
): Promise<void> {
  const results = await Promise.allSettled(items.map((item, index) => work(item, index + 1)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** What a part is called in the journal: the same for clusters of whatever name. */
export function partStep(site: OperationSite, part: string): string {
  const words = part.replace(clusterName(site.operation), '').split(/[^A-Za-z0-9]+/);
  return `make-${words.filter((word) => word !== '').join('-')}`;
}
