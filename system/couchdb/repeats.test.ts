import { Redis } from 'ioredis';
import {
  FAST_KUBERNETES,
  kanto,
  kantoOk,
  makeAccount,
  objectsOfLane,
  openCouchLane,
  ringIsWhole,
  SPAWNERS,
  type Spawner,
} from '../harness/couchdb';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { expectUnchanged } from './unchanged';

jest.setTimeout(600_000);

let system: System;
let redis: Redis;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
  redis = new Redis(system.redis.url, { protocol: 2, replyMapping: 'legacy' });
});
afterAll(async () => {
  redis.disconnect();
  await system.stop();
});

type Dump = ReadonlyMap<string, { readonly value: Buffer; readonly ttlMs: number }>;

/** What Redis holds of one lane. */
async function dump({ prefix }: Lane): Promise<Dump> {
  const keys = await redis.keys(`${prefix}:*`);
  const entries = await Promise.all(
    keys.map(async (key) => {
      const [value, ttl] = [await redis.dumpBuffer(key), await redis.pttl(key)];
      return value === null ? [] : [[key, { value, ttlMs: Math.max(0, ttl) }] as const];
    }),
  );
  return new Map(entries.flat());
}

async function restore({ prefix }: Lane, kept: Dump): Promise<void> {
  const now = await redis.keys(`${prefix}:*`);
  if (now.length > 0) await redis.del(...now);
  // A heartbeat of web may have come in between.
  for (const [key, { value, ttlMs }] of kept) await redis.restore(key, ttlMs, value, 'REPLACE');
}

async function tenTimes(spawner: Spawner): Promise<void> {
  const lane = await openCouchLane(system, spawner, { start: [] });
  const login = await makeAccount(lane);
  const key = { ...login, cluster_tag: 'again' };
  const asked = await kanto(lane, 'create', { ...key, replicas: 2 }, { prefer: 'respond-async' });
  expect(asked.status).toBe(202);
  // Redis as it is before any worker has seen the job: the whole job is new to whoever finds it again.
  const before = await dump(lane);

  const first = lane.startWorker();
  // Operations on a cluster are done in order: whoever is answered after it knows that it is over.
  await kantoOk(lane, 'replicate', { ...key, databases: 'test' });
  await ringIsWhole(lane, login, 'again');
  const made = await objectsOfLane(system, lane);
  await first.stop();
  for (let repeat = 1; repeat <= 10; repeat += 1) {
    await restore(lane, before);
    const worker = lane.startWorker();
    await kantoOk(lane, 'replicate', { ...key, databases: 'test' });
    expectUnchanged(`${spawner}, repeat ${repeat}`, made, await objectsOfLane(system, lane));
    await worker.stop();
  }
  await lane.stop();
}

describe('the job that creates a cluster', () => {
  it('leaves every object byte-identical when it is done ten times more, by every spawner', async () => {
    await Promise.all(SPAWNERS.map(tenTimes));
  });
});
