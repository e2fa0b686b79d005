import { Queue } from 'bullmq';
import { AppError, createSilentLogger } from '@quartermaster/foundation';
import { createOpenJobs } from '@quartermaster/stores';
import { eventually, openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createJournals } from './journal.js';
import { createProducer, type Producer } from './producer.js';
import { RetryLater } from './retry.js';
import type { Processor } from './run-job.js';
import { createWorkers, type Processors, type Workers } from './workers.js';

let test: TestRedis;
let producer: Producer;
const running: Workers[] = [];
const stopped: string[] = [];

beforeEach(async () => {
  test = await openTestRedis();
  producer = createProducer(test.redis, test.keys, createSilentLogger());
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((workers) => workers.close(100)));
  await producer.close();
  await test.close();
});

function start(
  buildInstances: Processor<{ build_id: string }>,
  attempts?: number,
  forwardStatus: Processor<{ service: string }> = { run: () => Promise.resolve() },
): void {
  const log = createSilentLogger();
  const idle = { run: () => Promise.resolve() };
  const processors: Processors = {
    'build-instances': buildInstances,
    'check-build-reports': idle,
    'clean-up-build': idle,
    'run-task': idle,
    'drain-zone': idle,
    'follow-change': idle,
    'forward-status': forwardStatus,
    'check-ring': idle,
    'read-clusters': idle,
    'send-notification': idle,
    'terminate-instance': idle,
    'work-off-cluster': idle,
  };
  const { redis, keys, config: redisConfig } = test;
  const journals = createJournals({ redis, keys, log, leaseMs: 60_000 });
  const concurrency = new Map([['instance-builds', 5] as const, ['status-updates', 5] as const]);
  const timing = { lockMs: 60_000, backoffMs: 20, maxBackoffMs: 100, attempts, canaryMs: 500 };
  const stopping = { producer, onStopped: (queue: string) => void stopped.push(queue) };
  running.push(
    createWorkers({ redis, redisConfig, keys, log, journals, processors, concurrency, ...timing, ...stopping }),
  );
}

const openCount = (): Promise<number> => test.redis.zcard(test.keys.openJobs);

describe('a worker', () => {
  it('carries out a job, and closes it', async () => {
    const seen: string[] = [];
    start({ run: async ({ build_id }) => void seen.push(build_id) });
    await producer.enqueue('build-instances', { build_id: 'b1' }, { request_id: 'r1' });
    await eventually(async () => {
      expect(seen).toEqual(['b1']);
      expect(await openCount()).toBe(0);
    });
  });

  it('tries again what is unavailable, then gives up once and closes the job', async () => {
    const log: string[] = [];
    start(
      {
        run: () => {
          log.push('run');
          return Promise.reject(new AppError('unavailable', 'ec2-unavailable', 'no answer'));
        },
        giveUp: async (_payload, error) => void log.push(`gave up: ${(error as Error).message}`),
      },
      3,
    );
    await producer.enqueue('build-instances', { build_id: 'b2' });
    await eventually(async () => {
      expect(log).toEqual(['run', 'run', 'run', 'gave up: no answer']);
      expect(await openCount()).toBe(0);
    });
  });

  it('does not count patience as an attempt', async () => {
    let runs = 0;
    const log: string[] = [];
    start(
      {
        run: () => {
          runs += 1;
          return runs < 6 ? Promise.reject(new RetryLater(5)) : Promise.resolve(void log.push('done'));
        },
        giveUp: async () => void log.push('gave up'),
      },
      2,
    );
    await producer.enqueue('build-instances', { build_id: 'b3' });
    await eventually(() => expect(log).toEqual(['done']));
    expect(runs).toBe(6);
  });

  it('starts a job that is due later when it is due', async () => {
    let startedAt = 0;
    start({ run: async () => void (startedAt = Date.now()) });
    const dueAt = Date.now() + 600;
    await producer.enqueue('build-instances', { build_id: 'b4' }, { due_at: dueAt });
    await eventually(() => expect(startedAt).toBeGreaterThanOrEqual(dueAt - 5));
  });
});

describe('a job that waits for its time', () => {
  it('starts at once when it is woken; waking what is gone or has started changes nothing', async () => {
    const seen: string[] = [];
    start({ run: async ({ build_id }) => void seen.push(build_id) });
    await producer.enqueue('build-instances', { build_id: 'b6' }, { due_at: Date.now() + 3_600_000 });
    await producer.wake('build-instances', { build_id: 'b6' });
    await eventually(() => expect(seen).toEqual(['b6']));
    await producer.wake('build-instances', { build_id: 'b6' });
    await producer.wake('build-instances', { build_id: 'b7' });
    expect(seen).toEqual(['b6']);
  });

  it('starts at once as well when it was about to wait as it was woken', async () => {
    const seen: string[] = [];
    let letWait = (): void => undefined;
    const held = new Promise<void>((resolve) => (letWait = resolve));
    start({
      run: async ({ build_id }) => {
        seen.push(build_id);
        if (seen.length > 1) return;
        await held;
        throw new RetryLater(3_600_000);
      },
    });
    await producer.enqueue('build-instances', { build_id: 'b8' });
    await eventually(() => expect(seen).toEqual(['b8']));
    await producer.wake('build-instances', { build_id: 'b8' });
    letWait();
    await eventually(() => expect(seen).toEqual(['b8', 'b8']));
  });
});

describe('a canary', () => {
  it('is taken by a worker that consumes, and shows one that does not', async () => {
    start({ run: () => Promise.resolve() });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(stopped).toEqual([]);
    const [figures] = (await producer.inspect()).filter(({ name }) => name === 'instance-builds');
    expect(figures).toMatchObject({ waiting: 0, failed: 0, paused: false });

    // A queue that is paused is consumed by nobody; here the watch is not told why.
    const queue = new Queue('instance-builds', { connection: test.redis, prefix: test.keys.queues });
    await queue.pause();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(stopped).toEqual([]);
    jest.spyOn(producer, 'isPaused').mockResolvedValue(false);
    await eventually(() => expect(stopped).toEqual(['instance-builds']));
    await queue.close();
  });
});

describe('a job that drains', () => {
  const FORWARD = { service: 'api: eu/1' };

  it('is one job while it waits, and runs once more where it was asked for while it ran', async () => {
    let runs = 0;
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await Promise.all([1, 2, 3].map(() => producer.enqueue('forward-status', FORWARD)));
    start({ run: () => Promise.resolve() }, undefined, {
      run: async () => {
        runs += 1;
        if (runs === 1) await held;
      },
    });
    await eventually(() => expect(runs).toBe(1));
    await Promise.all([1, 2, 3].map(() => producer.enqueue('forward-status', FORWARD)));
    goOn();
    await eventually(async () => {
      expect(runs).toBe(2);
      expect(await openCount()).toBe(0);
    });
    await producer.enqueue('forward-status', FORWARD);
    await eventually(() => expect(runs).toBe(3));
  });

  it('stays open where a wake-up came that its queue never had', async () => {
    const openJobs = createOpenJobs(test.redis, test.keys);
    const lost = producer.describe('forward-status', FORWARD);
    let runs = 0;
    start({ run: () => Promise.resolve() }, undefined, {
      run: async () => {
        runs += 1;
        if (runs === 1) await openJobs.open(lost, Date.now());
      },
    });
    await producer.enqueue('forward-status', FORWARD);
    await eventually(() => expect(runs).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await openJobs.load(lost.id)).toEqual(lost);
    expect(await producer.revive(lost)).toBe(true);
    await eventually(async () => {
      expect(runs).toBe(2);
      expect(await openCount()).toBe(0);
    });
  });

  it('leaves open what was opened while it ran with nothing open, as a spare run does', async () => {
    const openJobs = createOpenJobs(test.redis, test.keys);
    const lost = producer.describe('forward-status', FORWARD);
    let runs = 0;
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    start({ run: () => Promise.resolve() }, undefined, {
      run: async () => {
        runs += 1;
        if (runs === 1) await held;
        // It has looked already when another one is accepted, whose `web` dies before it puts the job into its queue.
        if (runs === 2) await openJobs.open(lost, Date.now());
      },
    });
    await producer.enqueue('forward-status', FORWARD);
    await eventually(() => expect(runs).toBe(1));
    await producer.dispatch(producer.describe('forward-status', FORWARD));
    goOn();
    await eventually(() => expect(runs).toBe(2));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await openJobs.load(lost.id)).toEqual(lost);
    expect(await producer.revive(lost)).toBe(true);
    await eventually(async () => {
      expect(runs).toBe(3);
      expect(await openCount()).toBe(0);
    });
  });

  it('whose payload nobody understands is closed, also when it is its own spare run', async () => {
    const bad = { ...producer.describe('forward-status', FORWARD), payload: { service: '' } };
    const openJobs = createOpenJobs(test.redis, test.keys);
    await openJobs.open(bad, Date.now());
    await producer.dispatch(bad);
    start({ run: () => Promise.resolve() });
    await eventually(async () => expect(await openCount()).toBe(0));
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await Promise.all(running.splice(0).map((workers) => workers.close(100)));
    let runs = 0;
    start({ run: () => Promise.resolve() }, undefined, { run: () => ((runs += 1), held) });
    await producer.enqueue('forward-status', FORWARD);
    await eventually(() => expect(runs).toBe(1));
    await openJobs.open(bad, Date.now());
    await producer.dispatch(bad);
    goOn();
    await eventually(async () => expect(await openCount()).toBe(0));
    expect(runs).toBe(1);
  });

  it('that came back later is not doubled', async () => {
    const job = producer.describe('forward-status', FORWARD);
    let runs = 0;
    start({ run: () => Promise.resolve() }, undefined, {
      run: () => {
        runs += 1;
        return runs === 1 ? Promise.reject(new RetryLater(3000)) : Promise.resolve();
      },
    });
    await createOpenJobs(test.redis, test.keys).open(job, Date.now());
    await producer.dispatch(job);
    await eventually(() => expect(runs).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await producer.revive(job)).toBe(false);
    await producer.enqueue('forward-status', FORWARD);
    await eventually(() => expect(runs).toBe(2));
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect([runs, await openCount()]).toEqual([2, 0]);
  });
});

describe('an open job', () => {
  it('is put back when its queue has lost it, and left alone while it waits there', async () => {
    const job = producer.describe('build-instances', { build_id: 'b5' });
    const openJobs = createOpenJobs(test.redis, test.keys);
    await openJobs.open(job, Date.now());
    expect(await openJobs.due(Date.now(), 10)).toEqual([]);
    expect(await openJobs.due(Date.now() + 60_000, 10)).toEqual([job]);

    expect(await producer.revive(job)).toBe(true);
    expect(await producer.revive(job)).toBe(false);
    const seen: string[] = [];
    start({ run: async ({ build_id }) => void seen.push(build_id) });
    await eventually(async () => {
      expect(seen).toEqual(['b5']);
      expect(await openJobs.due(Date.now() + 60_000, 10)).toEqual([]);
    });
  });
});
