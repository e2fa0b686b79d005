import { Queue } from 'bullmq';
import { createSilentLogger } from '@quartermaster/foundation';
import { createOpenJobs } from '@quartermaster/stores';
import { eventually, openTestRedis, type TestRedis } from '@quartermaster/testing';
import { catalogue, isJobName } from './catalogue/index.js';
import { createJournals } from './journal.js';
import { createProducer, type Producer } from './producer.js';
import { createQueues } from './queues.js';
import { createWorkers, type Processors, type Workers } from './workers.js';

/** What an older worker meets beside a newer `web`, as docs/upgrading.md promises it. */
let test: TestRedis;
let producer: Producer;
let workers: Workers;
let queue: Queue;
const payloads: object[] = [];
const unknownIn: string[] = [];

beforeEach(async () => {
  test = await openTestRedis();
  const { redis, keys, config: redisConfig } = test;
  const log = createSilentLogger();
  producer = createProducer(redis, keys, log);
  const noted = createQueues(redis, keys, log).get('instance-builds');
  if (noted === undefined) throw new Error('there is no such queue');
  queue = noted;
  payloads.length = 0;
  unknownIn.length = 0;
  const run = async (payload: object): Promise<void> => void payloads.push(payload);
  workers = createWorkers({
    redis,
    redisConfig,
    keys,
    log,
    journals: createJournals({ redis, keys, log, leaseMs: 60_000 }),
    processors: Object.fromEntries(Object.keys(catalogue).map((name) => [name, { run }])) as unknown as Processors,
    concurrency: new Map([['instance-builds', 1]]),
    lockMs: 60_000,
    backoffMs: 20,
    maxBackoffMs: 100,
    producer,
    canaryMs: 1000,
    onStopped: () => undefined,
    onUnknown: (name) => void unknownIn.push(name),
  });
});
afterEach(async () => {
  await workers.close(100);
  await producer.close();
  await test.close();
});

it('a job whose name a worker does not know goes back to its queue, and keeps nobody from work', async () => {
  await queue.add('paint-instances', { colour: 'red' }, { jobId: 'paint-1', attempts: 5 });
  await producer.enqueue('build-instances', { build_id: 'b1' });
  await eventually(async () => {
    expect(payloads).toEqual([{ build_id: 'b1' }]);
    expect(await (await queue.getJob('paint-1'))?.getState()).toBe('delayed');
  });
  const job = await queue.getJob('paint-1');
  expect([job?.data, job?.attemptsMade, job?.failedReason]).toEqual([{ colour: 'red' }, 0, undefined]);
  expect(unknownIn).toEqual(['instance-builds']);
});

it('a field that a worker does not know is left out of what it works with', async () => {
  await queue.add('build-instances', { build_id: 'b2', priority: 'high' }, { jobId: 'build-b2' });
  await eventually(() => expect(payloads).toEqual([{ build_id: 'b2' }]));
});

it('the ledger leaves an open job of an unknown name to the version that knows it', async () => {
  const unknown = { id: 'paint-2', name: 'paint-instances', payload: { colour: 'red' } };
  expect(isJobName(unknown.name)).toBe(false);
  const openJobs = createOpenJobs(test.redis, test.keys);
  await openJobs.open(unknown, Date.now());
  expect(await producer.revive(unknown)).toBe(false);
  expect(await openJobs.load('paint-2')).toMatchObject({ name: 'paint-instances' });
});
