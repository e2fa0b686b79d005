import type { ClusterChange, ClusterOperation } from '@quartermaster/couchdb';
import { createSilentLogger } from '@quartermaster/foundation';
import { catalogue, createJournals, createProducer, RetryLater, type Producer } from '@quartermaster/jobs';
import { createAccounts, createClusterOperations, createOpenJobs } from '@quartermaster/stores';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createStandstill } from '../couchdb/standstill.js';
import { KEY, NAME } from '../couchdb/testing/cluster-desk.js';
import { createMemoryCouch } from '../couchdb/testing/memory-couch.js';
import { createMemoryHost } from '../couchdb/testing/memory-host.js';
import { createWorld } from '../couchdb/testing/world.js';
import { createWorkOffCluster } from './work-off-cluster.js';

const CREATE: ClusterChange = { kind: 'create', replicas: 2, password_hash: '-pbkdf2-x' };

let test: TestRedis;
let producer: Producer;
let operations: ReturnType<typeof createClusterOperations>;
let points: string[];
let crashAt: string | undefined;

beforeEach(async () => {
  test = await openTestRedis();
  producer = createProducer(test.redis, test.keys, createSilentLogger());
  operations = createClusterOperations(test.redis, test.keys);
  await createAccounts(test.redis, test.keys).create({ username: KEY.owner, token_hash: 'h', created_at: 'c' });
  [points, crashAt] = [[], undefined];
});
afterEach(async () => {
  await producer.close();
  await test.close();
});

async function ask(id: string, change: ClusterChange): Promise<void> {
  const operation: ClusterOperation = { ...KEY, ...change, id, request_id: `r-${id}` };
  const job = producer.describe('work-off-cluster', { cluster: NAME });
  expect(await operations.accept(NAME, operation, job, Date.now())).toBe('accepted');
}

/** A worker over a Kubernetes of its own; its jobs are run by hand. */
function openWorker() {
  const { redis, keys } = test;
  const log = createSilentLogger();
  const world = createWorld();
  const host = createMemoryHost(world);
  const couch = createMemoryCouch(world);
  const crashPoint = (point: string): void => {
    points.push(point);
    if (point !== crashAt) return;
    crashAt = undefined;
    throw new Error(`died at ${point}`);
  };
  const journals = createJournals({ redis, keys, log, leaseMs: 60_000, crashPoint });
  const processor = createWorkOffCluster({
    host,
    couch,
    producer,
    journals,
    work: operations,
    settings: { spawner: 'statefulset', readyMs: 60_000, reachMs: 1_000, channel: 'ops' },
    standstill: createStandstill(Date.now),
    now: Date.now,
    pause: async (ms) => world.pass(ms),
  });
  const run = async (): Promise<void> => {
    const journal = await journals.open(`couchdb:${NAME}`, catalogue['work-off-cluster'].retentionMs);
    try {
      await processor.run({ cluster: NAME }, { journal, log, request_id: 'r1' });
    } finally {
      await journal.close();
    }
  };
  const work = async (): Promise<void> => {
    for (let tries = 0; tries < 20; tries += 1) {
      try {
        return await run();
      } catch (error) {
        const isExpected =
          error instanceof RetryLater || (error instanceof Error && error.message.startsWith('died at'));
        if (!isExpected) throw error;
        if (error instanceof RetryLater) world.pass(error.delayMs);
      }
    }
    throw new Error('It does not come to an end.');
  };
  return { world, host, couch, work };
}

describe('working off a cluster', () => {
  it('carries out what waits in order, stores what came of it, and has it told', async () => {
    const { work, world } = openWorker();
    await ask('o1', CREATE);
    await ask('o2', { kind: 'scale', replicas: 3, purge: false });
    await ask('o3', { kind: 'scale', replicas: 1, purge: false });
    await work();
    expect(await operations.load('o1')).toMatchObject({ state: 'done', message: expect.stringContaining('2 nodes') });
    expect(await operations.load('o2')).toMatchObject({ state: 'done', result: { Replicas: 3 } });
    expect(await operations.load('o3')).toMatchObject({ state: 'done', result: { Replicas: 1 } });
    expect(await operations.listClusters()).toEqual([KEY]);

    const open = await createOpenJobs(test.redis, test.keys).due(Number.MAX_SAFE_INTEGER, 100);
    const told = open
      .filter(({ name }) => name === 'send-notification')
      .map(({ payload, request_id }) => [payload, request_id]);
    expect(told).toHaveLength(3);
    expect(told).toContainEqual([expect.objectContaining({ event_id: 'couchdb-o1', channel: 'ops' }), 'r-o1']);

    await ask('o4', { kind: 'delete' });
    await work();
    expect([await operations.listClusters(), world.clusters.size]).toEqual([[], 0]);
  });

  it('ends right whichever step a worker dies at, and makes nothing twice', async () => {
    const plain = openWorker();
    await ask('plain-1', CREATE);
    await ask('plain-2', { kind: 'scale', replicas: 1, purge: true });
    await plain.work();
    const passed = [...new Set(points)];
    const { changes } = plain.host;
    expect(passed).toContain('couchdb-operation/end-nodes:acted');
    await ask('plain-3', { kind: 'delete' });
    await plain.work();

    for (const [index, point] of passed.entries()) {
      const { world, work, host } = openWorker();
      crashAt = point;
      await ask(`c${index}`, CREATE);
      await ask(`s${index}`, { kind: 'scale', replicas: 1, purge: true });
      await work();
      const [cluster] = world.clusters.values();
      const seen = [point, crashAt, cluster?.pods.length, cluster?.ring.length, cluster?.disks.size, host.changes];
      expect(seen).toEqual([point, undefined, 1, 1, 1, changes]);
      await ask(`d${index}`, { kind: 'delete' });
      await work();
      expect(world.clusters.size).toBe(0);
    }
  });
});
