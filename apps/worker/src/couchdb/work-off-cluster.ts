import type { ClusterOperation } from '@quartermaster/couchdb';
import { AppError, describeError, toErrorRecord, type ErrorRecord } from '@quartermaster/foundation';
import { LeaseLost, RetryLater, type JobContext, type Journals, type Producer } from '@quartermaster/jobs';
import { clusterChanged, clusterNotChanged } from '@quartermaster/notifications';
import type { ClusterWork, FinishedOperation } from '@quartermaster/stores';
import { describeMessage } from '../notify.js';
import { createCluster } from './create-cluster.js';
import { deleteCluster } from './delete-cluster.js';
import { mendRing } from './mend-ring.js';
import {
  createOperationSite,
  NodeUnreachable,
  OperationFailed,
  type ClusterParts,
  type OperationEnd,
  type OperationSite,
} from './operation-site.js';
import { watchSteps, type Patience } from './patience.js';
import { replicateDatabases } from './replicate-databases.js';
import { scaleCluster } from './scale-cluster.js';

export interface ClusterWorkParts extends ClusterParts {
  readonly work: Pick<ClusterWork, 'head' | 'finish'>;
  readonly journals: Pick<Journals, 'open'>;
  readonly producer: Producer;
}

/** The hands that work off one cluster's list, for as long as this process has it. */
export interface ClusterWorker {
  /** One operation, carried out and stored. False: nothing waits any more. Throws `RetryLater` where it has to wait. */
  step(): Promise<boolean>;
  /** The operation at the head can not be carried out, for a reason of ours; the others go on. */
  abandonHead(error: ErrorRecord): Promise<void>;
}

type Head = NonNullable<Awaited<ReturnType<ClusterWork['head']>>>;

/** How long (ms) an operation's journal is kept: as long as it may be tried, and longer. */
const KEPT_MS = 86_400_000;
/** How long (ms) an operation that does not get on is tried while Kubernetes or CouchDB does not answer as it should. */
const GIVE_UP_MS = 3_600_000;
const REACH_EVERY_MS = 500;
/** A node that was reached for so long (ms) meanwhile is not out of reach. */
const REACHED_MS = 5_000;

export function createClusterWorker(
  parts: ClusterWorkParts,
  patience: Patience,
  cluster: string,
  context: JobContext,
): ClusterWorker {
  const { work, journals, producer, now, settings } = parts;
  const { journal, log } = context;

  const finish = async (operation: ClusterOperation, end: OperationEnd): Promise<void> => {
    const { outcome, stands } = end;
    const { id, kind, owner, tag } = operation;
    const of = { cluster, operation: kind, operation_id: id, owner, tag };
    if (outcome.state === 'done') log.info('Carried out an operation on a CouchDB cluster', of);
    else log.warn('An operation on a CouchDB cluster has failed', { ...of, ...reasonOf(outcome.error) });
    const text = end.told ?? tell(operation, outcome);
    const channel = text === '' ? undefined : settings.channel;
    const jobs = describeMessage(producer, { event_id: `couchdb-${id}`, channel, text }, operation.request_id);
    const counts = kind !== 'mend' && !isCallersMistake(outcome);
    const finished: FinishedOperation = { outcome, counts, jobs, ...(stands === undefined ? {} : { stands }) };
    const isStored = await work.finish(cluster, journal.holder.fence, id, finished, now());
    if (!isStored) throw new LeaseLost(`couchdb:${cluster}`, 'another process has taken over');
    for (const job of jobs) await producer.dispatch(job);
  };

  const carryOut = async ({ operation }: Head): Promise<OperationEnd> => {
    const own = await journals.open(`couchdb-operation:${operation.id}`, KEPT_MS);
    const { request_id, id: operation_id } = operation;
    const ownLog = log.child({ operation_id, ...(request_id === undefined ? {} : { request_id }) });
    try {
      const watched = watchSteps(own, () => patience.getsOn(operation_id));
      return await patiently(createOperationSite(parts, operation, watched, ownLog));
    } catch (error) {
      // It was seen that there is to be waited for something: all have answered.
      if (error instanceof RetryLater) patience.getsOn(operation_id);
      if (!(error instanceof AppError)) throw error;
      if (error instanceof OperationFailed || error.kind !== 'unavailable') return failed(error);
      if (isOurs(error) || patience.fails(operation_id) < GIVE_UP_MS) throw error;
      return failed(new AppError('unavailable', error.code, `Given up after an hour: ${error.message}`));
    } finally {
      await own.close().catch((error: unknown) => {
        log.debug('A lease could not be given back; it runs out by itself', { error: describeError(error) });
      });
    }
  };

  return {
    step: async () => {
      const head = await work.head(cluster);
      if (head === undefined) return false;
      await finish(head.operation, await carryOut(head));
      return true;
    },
    abandonHead: async (error) => {
      const head = await work.head(cluster);
      if (head === undefined) return;
      await finish(head.operation, { outcome: { state: 'failed', error } });
      if ((await work.head(cluster)) !== undefined) await producer.enqueue('work-off-cluster', { cluster });
    },
  };
}

/**
 * A node that can not be reached may just have gone, and Kubernetes says so in a moment. Where it goes on calling it ready,
 * it is this process that stands in the wrong place.
 */
async function patiently(site: OperationSite): Promise<OperationEnd> {
  const { now, pause, settings, operation, journal } = site;
  let out: { readonly address: string; readonly since: number; readonly at: number } | undefined;
  for (;;) {
    try {
      return await perform(site);
    } catch (error) {
      if (!(error instanceof NodeUnreachable)) throw error;
      const since = out?.address === error.address && error.triedAt - out.at <= REACHED_MS ? out.since : now();
      out = { address: error.address, since, at: now() };
      if (now() - since >= settings.reachMs) throw outOfReach(error, operation);
      await pause(REACH_EVERY_MS);
      journal.guard.assertHeld();
    }
  }
}

function perform(site: OperationSite): Promise<OperationEnd> {
  const { operation } = site;
  if (operation.kind === 'create') return createCluster(site, operation);
  if (operation.kind === 'scale') return scaleCluster(site, operation);
  if (operation.kind === 'replicate') return replicateDatabases(site, operation);
  return operation.kind === 'delete' ? deleteCluster(site) : mendRing(site);
}

function outOfReach({ address }: NodeUnreachable, { kind }: ClusterOperation): OperationFailed {
  const host = address.includes(':') ? `[${address}]` : address;
  const message = `The worker can't reach pod addresses (${host}:5984): it must run inside the cluster's network.`;
  return new OperationFailed('unavailable', 'couchdb-unreachable', message, ...(kind === 'create' ? [true] : []));
}

/** Failures of the house itself: they end nothing. */
function isOurs({ code }: AppError): boolean {
  return code === 'lease-lost' || code.startsWith('redis-');
}

function failed(error: AppError): OperationEnd {
  const { stands } = error instanceof OperationFailed ? error : {};
  return { outcome: { state: 'failed', error: toErrorRecord(error) }, ...(stands === undefined ? {} : { stands }) };
}

function reasonOf({ code, message }: ErrorRecord): { code: string; error: string } {
  return { code, error: message };
}

/** A mend that fails comes again; it is told once it has worked. */
function tell(operation: ClusterOperation, outcome: OperationEnd['outcome']): string {
  if (outcome.state === 'done') return clusterChanged(operation, outcome.message);
  const isTold = operation.kind !== 'mend' && !isCallersMistake(outcome);
  return isTold ? clusterNotChanged(operation.kind, operation, outcome.error.message) : '';
}

/** It is answered to him alone, and says nothing of the cluster. */
function isCallersMistake(outcome: OperationEnd['outcome']): boolean {
  return outcome.state === 'failed' && ['not-found', 'conflict'].includes(outcome.error.kind);
}
