import { DelayedError, UnrecoverableError, Worker, type ConnectionOptions, type Job } from 'bullmq';
import { describeError, toErrorRecord, type Logger, type ReportBug } from '@quartermaster/foundation';
import {
  asRedisFailure,
  createOpenJobs,
  redisOptions,
  type DoneJob,
  type Keys,
  type OpenJobs,
  type Redis,
  type RedisConfig,
} from '@quartermaster/stores';
import { catalogue, isJobName, type JobName, type PayloadOf } from './catalogue/index.js';
import { watchConsumption } from './consumption.js';
import type { JobDefinition, QueueName } from './define-job.js';
import type { Journals } from './journal.js';
import { CANARY, type Producer } from './producer.js';
import { decideRetry, type RetryDecision } from './retry.js';
import { runJob, type Processor, type TryOutcome } from './run-job.js';

/** One processor for every job of the catalogue; a missing one does not compile. */
export type Processors = { readonly [Name in JobName]: Processor<PayloadOf<Name>> };

export interface WorkersOptions {
  readonly redis: Redis;
  readonly redisConfig: RedisConfig;
  readonly keys: Keys;
  readonly log: Logger;
  readonly journals: Journals;
  readonly processors: Processors;
  /** Queue → how many of its jobs at once. */
  readonly concurrency: ReadonlyMap<QueueName, number>;
  /** How long (ms) a job of a dead worker stays with it. */
  readonly lockMs: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** Told of every error that is a bug. */
  readonly reportBug?: ReportBug;
  readonly producer: Pick<Producer, 'offerCanary' | 'isPaused'>;
  /** How often (ms) a worker proves that it consumes. */
  readonly canaryMs: number;
  /** Called when a worker has provably stopped consuming a queue; the process should be started anew. */
  readonly onStopped: (queue: string) => void;
  /** Told how each try of a job went and how long (s) it took. */
  readonly onTried?: (job: JobName, outcome: TryOutcome, seconds: number) => void;
  /** Told each time that a job went back to its queue because this worker does not know its name. */
  readonly onUnknown?: (queue: string) => void;
  /** Instead of what the catalogue says. */
  readonly attempts?: number | undefined;
}

export interface Workers {
  /** Takes no new job, lets running ones end at their next step, and cuts off after `limitMs` what does not. */
  close(limitMs: number): Promise<void>;
}

/** A worker that only ever stalls (crash after crash) is not the job's fault: the ledger of open jobs looks after it. */
const MAX_STALLED = 10;

/**
 * A worker asks for jobs in calls of up to 10 s (BullMQ's limit, where a delayed job is waiting). One that has no answer
 * for longer than this hangs on a connection that was cut without a word.
 */
const SILENCE_MS = 12_500;

export function createWorkers(options: WorkersOptions): Workers {
  const { redisConfig, keys, log, lockMs, journals } = options;
  const carryOut = createCarryOut(options);
  const workers = [...options.concurrency].map(([queue, concurrency]) => {
    let active = 0;
    const consumption = watchConsumption({
      queue,
      offer: () => options.producer.offerCanary(queue),
      isPaused: () => options.producer.isPaused(queue),
      hasFreeSlot: () => active < concurrency,
      intervalMs: options.canaryMs,
      onStopped: options.onStopped,
      log,
    });
    const take = async (job: Job, token?: string): Promise<void> => {
      consumption.taken();
      if (job.name === CANARY) return;
      active += 1;
      try {
        await carryOut(job, token);
      } catch (error) {
        throw forTheQueue(error);
      } finally {
        active -= 1;
      }
    };
    const worker = new Worker(queue, take, {
      connection: {
        ...redisOptions(redisConfig),
        maxRetriesPerRequest: null,
        retryStrategy: () => 500,
        connectTimeout: 2000,
        socketTimeout: SILENCE_MS,
      } as ConnectionOptions,
      prefix: keys.queues,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: MAX_STALLED,
      settings: {
        backoffStrategy: (_attempts, _type, error) => (error instanceof FailedForNow ? error.delayMs : 1000),
      },
    });
    worker.on('error', (error) => log.debug('A queue reports an error', { queue, error: describeError(error) }));
    worker.on('stalled', (jobId) => log.warn('Taking over a job whose worker is gone', { queue, job_id: jobId }));
    return { worker, consumption };
  });
  return {
    close: async (limitMs) => {
      journals.interrupt(false);
      const cutOff = setTimeout(() => journals.interrupt(true), limitMs);
      await Promise.all(
        workers.map(({ worker, consumption }) => {
          consumption.stop();
          // With Redis away there is nothing to say goodbye to, and waiting for it would last until the limit.
          return worker.close(options.redis.status !== 'ready');
        }),
      );
      clearTimeout(cutOff);
    },
  };
}

/** The failure of an attempt that is followed by another one. The queue keeps its message: nothing of a bug's own words. */
class FailedForNow extends Error {
  constructor(
    error: unknown,
    readonly delayMs: number,
  ) {
    super(toErrorRecord(error).message);
  }
}

/** What a queue may be told of how a job ended; anything else is a failure of ours and its words stay in the log. */
function forTheQueue(error: unknown): Error {
  const isMeant = error instanceof FailedForNow || error instanceof DelayedError || error instanceof UnrecoverableError;
  return isMeant ? error : new FailedForNow(asRedisFailure(error) ?? error, OUR_FAILURE_MS);
}

/** How soon (ms) a job comes back that failed on its way from or to its queue. */
const OUR_FAILURE_MS = 1000;

/** How long (ms) a job waits that this worker does not know: a newer one, beside it, does. */
const UNKNOWN_JOB_MS = 5000;

function createCarryOut(options: WorkersOptions): (job: Job, token?: string) => Promise<void> {
  const { redis, keys, journals } = options;
  const openJobs = createOpenJobs(redis, keys);

  return async (job, token) => {
    if (!isJobName(job.name)) {
      options.log.warn('This worker does not know a job; it goes back to its queue', { job: job.name, job_id: job.id });
      options.onUnknown?.(job.queueName);
      await postpone(job, token, UNKNOWN_JOB_MS);
      return;
    }
    const { request_id: requestId } = job.data as { request_id?: string };
    const log = options.log.child({ job: job.name, job_id: job.id, request_id: requestId });
    const definition = catalogue[job.name] as unknown as JobDefinition<object>;
    const processor = options.processors[job.name] as Processor<object>;
    const { value: payload, error: invalid } = definition.schema.validate(job.data);
    if (invalid) {
      log.error('A job has no valid payload and can not be done', { error: invalid.message });
      // A job that drains has an id of its queue's own; the ledger's is what it is deduplicated by.
      await openJobs.close(job.opts.deduplication?.id ?? String(job.id));
      options.onTried?.(job.name, 'given-up', 0);
      throw new UnrecoverableError(invalid.message);
    }

    const id = definition.jobId(payload);
    const done = definition.drains === true ? await wokenBy(openJobs, id) : { id };

    const rule = { ...options, attempts: options.attempts ?? definition.attempts };
    const decide = (error: unknown): RetryDecision => decideRetry(error, job.attemptsMade, rule);
    const { name } = job;
    const work = {
      onTried: (outcome: TryOutcome, seconds: number) => options.onTried?.(name, outcome, seconds),
      done,
      journals,
      definition,
      processor,
      payload,
      decide,
      reportBug: options.reportBug,
    };
    const ending = await runJob(work, { log, request_id: requestId });
    if (ending.next === 'later') {
      if (!ending.countsAsAttempt) await postpone(job, token, ending.delayMs);
      throw new FailedForNow(ending.error, ending.delayMs);
    }
    if (ending.next === 'give-up') throw new UnrecoverableError(toErrorRecord(ending.error).message);
  };
}

/**
 * What a job that drains may close when it is done: the wake-up that it found. One that found none was called once more than
 * needed, and closes nothing: a wake-up that comes while it runs is not its own.
 */
async function wokenBy(openJobs: OpenJobs, id: string): Promise<DoneJob | undefined> {
  const wake = (await openJobs.load(id))?.wake;
  return wake === undefined ? undefined : { id, wake };
}

async function postpone(job: Job, token: string | undefined, delayMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + delayMs, token);
  throw new DelayedError();
}
