import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import { describeError, type Logger } from '@quartermaster/foundation';
import { createOpenJobs, type Keys, type OpenJob, type Redis } from '@quartermaster/stores';
import { catalogue, isJobName, type JobName, type PayloadOf } from './catalogue/index.js';
import type { JobDefinition, QueueName } from './define-job.js';
import { createQueues } from './queues.js';

export interface EnqueueOptions {
  readonly request_id?: string | undefined;
  /** When it is to start, ms since 1970; at once unless told otherwise. */
  readonly due_at?: number | undefined;
}

export interface Producer {
  /** Opens a job and puts it into its queue. The same work again (by job id) while it is there changes nothing. */
  enqueue<Name extends JobName>(name: Name, payload: PayloadOf<Name>, options?: EnqueueOptions): Promise<void>;
  /** Puts a job into its queue that a store has opened already together with a change of state. */
  dispatch(job: OpenJob): Promise<void>;
  /** The same, for one whose wording the store has completed; nothing where it is closed already. */
  dispatchOpened(id: string): Promise<void>;
  /** Puts a job back that its queue has lost or given up without closing it. True where that was so. */
  revive(job: OpenJob): Promise<boolean>;
  /**
   * Has a job that waits for its time start now. One that is gone or waits for a worker only is left as it is; one that is
   * active is looked at again for some seconds, as it may be about to wait. True where it neither waits for its time nor is
   * active, as far as one look tells.
   */
  wake<Name extends JobName>(name: Name, payload: PayloadOf<Name>): Promise<boolean>;
  /** The job as a store opens it. */
  describe<Name extends JobName>(name: Name, payload: PayloadOf<Name>, options?: EnqueueOptions): OpenJob;
  /** Puts a canary into a queue, see `consumption.ts`. */
  offerCanary(queue: QueueName): Promise<void>;
  /** Whether an operator has paused a queue. */
  isPaused(queue: QueueName): Promise<boolean>;
  /** How full each queue is. */
  inspect(): Promise<QueueFigures[]>;
  close(): Promise<void>;
}

export interface QueueFigures {
  readonly name: QueueName;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  readonly paused: boolean;
  /** Since when the job at the head waits: it was added or due then, or had its last try, ms since 1970. */
  readonly oldest_at?: number;
}

/** The job that does nothing but be taken. */
export const CANARY = 'canary';

/** The retry rule decides when a job is given up, not the queue. */
const NEVER_BY_ITSELF = 1_000_000;

/** When (ms) a job that was active is looked at again. Whoever works on it looks for itself once it has had a second. */
const WAKE_AGAIN_MS = [250, 500, 1000, 2000];

export function createProducer(redis: Redis, keys: Keys, log: Logger): Producer {
  const openJobs = createOpenJobs(redis, keys);
  const queues = createQueues(redis, keys, log);
  const queueOf = (name: string): Queue | undefined =>
    isJobName(name) ? queues.get(catalogue[name].queue) : undefined;

  const describe: Producer['describe'] = (name, payload, options = {}) => ({
    id: jobIdOf(name, payload),
    name,
    payload,
    ...(options.request_id === undefined ? {} : { request_id: options.request_id }),
    ...(options.due_at === undefined ? {} : { due_at: options.due_at }),
    ...(drains(name) ? { wake: randomUUID() } : {}),
  });

  const dispatch = async (job: OpenJob): Promise<void> => {
    const delay = Math.max(0, (job.due_at ?? 0) - Date.now());
    await queueOf(job.name)?.add(
      job.name,
      { ...job.payload, request_id: job.request_id },
      {
        ...(drains(job.name) ? { deduplication: { id: job.id, keepLastIfActive: true } } : { jobId: job.id }),
        delay,
        attempts: NEVER_BY_ITSELF,
        backoff: { type: 'custom' },
        // What comes again by itself would crowd out what operators look for.
        removeOnComplete: isRoutine(job.name) || { age: 3600, count: 1000 },
        removeOnFail: isRoutine(job.name) || { age: 7 * 86_400, count: 5000 },
      },
    );
  };

  return {
    describe,
    dispatch,
    dispatchOpened: async (id) => {
      const job = await openJobs.load(id);
      if (job !== undefined) await dispatch(job);
    },
    enqueue: async (name, payload, options) => {
      const job = describe(name, payload, options);
      await openJobs.open(job, Date.now());
      await dispatch(job);
    },
    revive: async (job) => {
      const queue = queueOf(job.name);
      // A newer version's job: its own mini-worker looks after it.
      if (queue === undefined) return false;
      if (drains(job.name)) {
        // Harmless where it waits already; the queue drops a note of one that it has lost.
        const waiting = await queue.getDeduplicationJobId(job.id);
        const isLost = waiting === null || (await queue.getJob(waiting)) === undefined;
        if (isLost) await dispatch(job);
        return isLost;
      }
      const known = await queue.getJob(job.id);
      const state = await known?.getState();
      if (state !== undefined && state !== 'failed' && state !== 'completed' && state !== 'unknown') return false;
      await known?.remove();
      await dispatch(job);
      return true;
    },
    wake: async (name, payload) => {
      const wakeOnce = async (pauses: readonly number[]): Promise<boolean> => {
        const job = await queueOf(name)?.getJob(jobIdOf(name, payload));
        const state = await job?.getState();
        // It may have started by itself in between.
        if (state === 'delayed') await job?.promote().catch(() => undefined);
        const [pause, ...later] = pauses;
        if (state === 'active' && pause !== undefined)
          setTimeout(() => void wakeOnce(later).catch(noWake), pause).unref();
        return state !== 'delayed' && state !== 'active';
      };
      const noWake = (error: unknown): void => {
        log.debug('A job could not be woken; it starts at its time', { job: name, error: describeError(error) });
      };
      return wakeOnce(WAKE_AGAIN_MS);
    },
    offerCanary: async (name) => {
      await queues.get(name)?.add(CANARY, {}, { removeOnComplete: true, removeOnFail: true });
    },
    isPaused: async (name) => (await queues.get(name)?.isPaused()) ?? false,
    inspect: () => Promise.all([...queues].map(([name, queue]) => inspectQueue(name, queue))),
    close: async () => void (await Promise.all([...queues.values()].map((queue) => queue.close()))),
  };
}

function drains(name: string): boolean {
  return isJobName(name) && (catalogue[name] as Pick<JobDefinition<object>, 'drains'>).drains === true;
}

function isRoutine(name: string): boolean {
  return isJobName(name) && (catalogue[name] as Pick<JobDefinition<object>, 'isRoutine'>).isRoutine === true;
}

export function jobIdOf<Name extends JobName>(name: Name, payload: PayloadOf<Name>): string {
  return (catalogue[name].jobId as (payload: PayloadOf<Name>) => string)(payload);
}

async function inspectQueue(name: QueueName, queue: Queue): Promise<QueueFigures> {
  const [counts, [oldest], paused] = await Promise.all([
    queue.getJobCounts('waiting', 'active', 'delayed', 'failed'),
    queue.getWaiting(0, 0),
    queue.isPaused(),
  ]);
  const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
  const figures = { name, waiting, active, delayed, failed, paused };
  if (oldest === undefined) return figures;
  // One that was to wait for its time, or comes back for a further round, has not waited for a worker before that.
  const { timestamp, opts, processedOn = 0 } = oldest;
  return { ...figures, oldest_at: Math.max(timestamp + (opts.delay ?? 0), processedOn) };
}
