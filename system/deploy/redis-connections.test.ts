import { connectRedis } from '@quartermaster/stores';
import { createSilentLogger } from '@quartermaster/foundation';
import { eventually } from '@quartermaster/testing';
import { buildReaches, postBuild } from '../harness/builds';
import { startSystem, type System } from '../harness/start-system';

/** Smaller plans of hosted Redis have 30 connections. */
const LIMIT = 30;
/** Heroku's premium-0: for the moment of a deployment, in which all processes are there twice. */
const PREMIUM_0 = 40;
const BUILDS = 40;
/** What docs/operations.md says of them. */
const IDLE = 17;
const OF_A_WORKER = 15;

let system: System;
beforeAll(async () => {
  system = await startSystem({ SANDBOX_STACKS: 'on' });
});
afterAll(() => system.stop());

describe('web, worker and mini-worker together', () => {
  it(`hold fewer than ${LIMIT} connections to Redis, idle and busy, and fit twice into premium-0 for a deployment`, async () => {
    const redis = connectRedis(
      { REDIS_URL: system.redis.url, REDIS_PREFIX: 'counting', REDIS_TLS_REJECT_UNAUTHORIZED: true },
      createSilentLogger(),
    );
    /** All clients but the one that counts. */
    const count = async (): Promise<number> => {
      const clients = String(await redis.client('LIST'))
        .trim()
        .split('\n');
      return clients.length - 1;
    };
    await eventually(async () => expect(await count()).toBe(0));
    const lane = await system.openLane();
    const { api } = lane;
    const worker = lane.processes.find(({ name }) => name === 'worker');
    await eventually(() => expect(worker?.lines.some((line) => line.includes('"Working"'))).toBe(true));
    // Each connects when it first needs it, so they are all there a while after the process has said that it works.
    const idle = await eventually(async () => {
      const now = await count();
      expect(now).toBe(IDLE);
      return now;
    });

    let most = 0;
    const sampling = setInterval(() => void count().then((now) => (most = Math.max(most, now))), 20);
    const builds = await Promise.all(Array.from({ length: BUILDS }, () => postBuild(api, { count: 1 })));
    const others = await Promise.all([
      ...Array.from({ length: 20 }, (_, each) =>
        api('/status', {
          body: { service: `s${each}`, application_id: 'a', deployment_id: 'd', status: 'running' },
        }),
      ),
      ...Array.from({ length: 10 }, () => api('/tasks/echo-steps', { body: {} })),
      ...Array.from({ length: 30 }, () => api('/instances')),
      ...Array.from({ length: 10 }, () => api('/processes')),
      api('/records', { body: { hostname: 'busy.example.com', ip_address: '10.0.0.1' } }),
    ]);
    expect(others.filter(({ status }) => status >= 500).map(({ text }) => text)).toEqual([]);
    await Promise.all(builds.map(({ id }) => buildReaches(api, id, 'finished', 60_000)));
    const busy = most;

    // A deployment: the new one is there before the old one has gone.
    const successor = lane.startWorker();
    await eventually(() => expect(successor.lines.some((line) => line.includes('"Working"'))).toBe(true));
    const doubled = await eventually(async () => {
      const now = await count();
      expect(now).toBe(IDLE + OF_A_WORKER);
      return now;
    });
    await worker?.stop();
    await eventually(async () => expect(await count()).toBe(idle));
    clearInterval(sampling);

    console.log(`Connections to Redis: ${idle} idle, ${busy} at most while busy, ${doubled} with a second worker`);
    // What a queue costs, and each process: more than none, or nothing was counted.
    expect(idle).toBeGreaterThanOrEqual(10);
    expect(busy).toBeLessThan(LIMIT);
    expect(busy * 2).toBeLessThan(PREMIUM_0);
    expect([idle, doubled - idle]).toEqual([IDLE, OF_A_WORKER]);
    await lane.stop();
    await redis.quit();
  }, 240_000);
});
