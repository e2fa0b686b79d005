import { eventually, startRedis, startTcpProxy, type RedisServer, type TcpProxy } from '@quartermaster/testing';
import { createApi } from './harness/api';
import { BUILD, buildReaches, postBuild } from './harness/builds';
import { startProcess } from './harness/processes';
import { startSystem, type Lane, type System } from './harness/start-system';

/** Limits of waiting for a condition; what was measured is printed, and three times the limit fails. */
const ANSWER_MS = 2000;
const BACK_MS = 2000;
const CONSUME_MS = 20_000;

let system: System;
let proxy: TcpProxy;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem();
  proxy = await startTcpProxy(system.redis.port);
  const viaProxy = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  lane = await system.openLane({ web: viaProxy, worker: viaProxy, miniWorker: viaProxy });
});
afterAll(async () => {
  await system.stop();
  await proxy.stop();
});

/** So much of each look at the clock below is web's own time (ms); what it takes beyond is the machine's. */
const LOOK_MS = 100;

/** How long it took by the time in which web ran: `/healthz`, which needs no Redis, is asked all the while. */
async function timed<T>(api: Lane['api'], work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const over = new AbortController();
  let ms = 0;
  const clock = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const lookedAt = performance.now();
      expect((await api('/healthz')).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 10));
      ms += Math.min(performance.now() - lookedAt, LOOK_MS);
    }
  };
  const working = work().finally(() => over.abort());
  const [result] = await Promise.all([working, clock()]);
  return { result, ms: Math.round(ms) };
}

async function expectRefusals(api: Lane['api']): Promise<number> {
  let slowest = 0;
  const requests = [
    () => api('/instances'),
    () => api('/instance-builds', { body: { instance_builds: BUILD } }),
    () => api('/instance-builds', { body: { instance_builds: BUILD }, headers: { 'idempotency-key': 'k1' } }),
    () => api('/instances/i-0123456789abcdef0', { method: 'DELETE' }),
    () => api('/readyz'),
  ];
  for (const request of requests) {
    const { result, ms } = await timed(api, request);
    expect([result.status, result.headers.has('retry-after')]).toEqual([503, true]);
    slowest = Math.max(slowest, ms);
  }
  const post = await api('/instance-builds', { body: { instance_builds: BUILD } });
  expect(post.text).toContain('may still have been accepted');
  expect((await api('/healthz')).status).toBe(200);
  expect(slowest).toBeLessThan(3 * ANSWER_MS);
  return slowest;
}

async function becomesReady(api: Lane['api']): Promise<void> {
  await eventually(async () => expect((await api('/readyz')).status).toBe(200), 60_000, 20);
}

/** From the moment at which Redis answers again: until `web` does, and until a build is carried out. */
async function measureRecovery(what: string, slowestMs: number): Promise<void> {
  const startedAt = performance.now();
  const { ms: back } = await timed(lane.api, () => becomesReady(lane.api));
  expect(back).toBeLessThan(3 * BACK_MS);
  const { result: build, ms: accepted } = await timed(lane.api, () =>
    eventually(() => postBuild(lane.api), 60_000, 20),
  );
  expect(accepted).toBeLessThan(3 * BACK_MS);
  await buildReaches(lane.api, build.id, 'finished', 3 * CONSUME_MS);
  const consumed = Math.round(performance.now() - startedAt);
  process.stdout.write(
    `Redis ${what}: slowest 503 ${slowestMs} ms (limit ${ANSWER_MS}), web back after ${back} ms (limit ${BACK_MS}), ` +
      `a build finished after ${consumed} ms (limit ${CONSUME_MS})\n`,
  );
}

describe('an outage of Redis', () => {
  it('by a kill: web says 503 at once and all goes on by itself', async () => {
    system.redis.process().kill('SIGKILL');
    await eventually(async () => expect((await lane.api('/readyz')).status).toBe(503), 60_000, 20);
    const slowest = await expectRefusals(lane.api);
    await system.redis.start();
    await measureRecovery('killed', slowest);
  });

  it('by a hang: the same', async () => {
    system.redis.process().kill('SIGSTOP');
    await eventually(async () => expect((await lane.api('/readyz')).status).toBe(503), 60_000, 20);
    const slowest = await expectRefusals(lane.api);
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    system.redis.process().kill('SIGCONT');
    await measureRecovery('hung', slowest);
  });

  it('by a cut network that nobody is told of: the same', async () => {
    proxy.cut();
    const slowest = await expectRefusals(lane.api);
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    proxy.mend();
    await measureRecovery('cut off', slowest);
  });

  it('ends no process', () => {
    expect(lane.processes.map(({ child }) => child.exitCode ?? child.signalCode)).toEqual([null, null, null]);
  });
});

describe('a Redis that is down at boot', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
    redis.process().kill('SIGKILL');
  });
  afterAll(() => redis.stop());

  it('keeps web from nothing but its work, until it comes', async () => {
    const environment = {
      REDIS_URL: redis.url,
      PORT: '0',
      HOST: '127.0.0.1',
      AUTH_TOKEN: 'system-test-token-0123456789',
    };
    const web = startProcess('web', environment);
    const line = await eventually(() => {
      const listening = web.lines.find((text) => text.includes('Listening'));
      if (listening === undefined) throw new Error('web does not listen');
      return listening;
    });
    const { port } = JSON.parse(line) as { port: number };
    const api = createApi(`http://127.0.0.1:${port}`, { authorization: 'token system-test-token-0123456789' });
    await expectRefusals(api);
    await redis.start();
    const { ms } = await timed(api, () => becomesReady(api));
    process.stdout.write(`Redis down at boot: web works ${ms} ms after it came (limit ${BACK_MS})\n`);
    expect(ms).toBeLessThan(3 * BACK_MS);
    expect((await api('/instance-builds', { body: { instance_builds: BUILD } })).status).toBe(202);
    expect(await web.stop()).toBe(0);
  });
});
