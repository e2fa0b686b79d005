import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFigureBook, createProcessFigures, createSilentLogger, tellCall } from '@quartermaster/foundation';
import { createProducer, type Producer } from '@quartermaster/jobs';
import {
  createAccounts,
  createIdempotencyKeys,
  createImageCache,
  createInstanceCache,
  createOpenJobs,
  createProcessBoard,
  createStackCache,
  createZoneCache,
  startHeartbeat,
  type Heart,
} from '@quartermaster/stores';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createAccountGate } from '../account-gate.js';
import { loadWebConfig } from '../config.js';
import { createApp } from '../create-app.js';
import { createTellRequest } from '../metrics/request-figures.js';
import { metricsRoute } from './metrics.js';

const ADMIN = 'an-admin-token-of-some-length';
const PLAIN = 'a-plain-token-of-some-length';
const METRICS = 'a-metrics-token-of-some-length';
const SETTINGS = { REDIS_URL: 'redis://127.0.0.1:1', AUTH_TOKENS: `admin:${ADMIN},plain:${PLAIN}` };
const log = createSilentLogger();

let test: TestRedis;
let producer: Producer;
const servers: Server[] = [];
const hearts: Heart[] = [];
beforeAll(async () => {
  test = await openTestRedis();
  producer = createProducer(test.redis, test.keys, log);
});
afterAll(async () => {
  await Promise.all(hearts.map((heart) => heart.stop()));
  for (const server of servers) server.close();
  await producer.close();
  await test.close();
});

/** A `web` with nothing but its metrics; returns how to ask it. */
async function startWeb(settings: Record<string, string> = {}) {
  const { redis, keys } = test;
  const board = createProcessBoard(redis, keys);
  const figures = createProcessFigures();
  const heart = startHeartbeat({ board, process: 'web', version: '1.0.0', figures, log });
  hearts.push(heart);
  const route = metricsRoute({
    board,
    heart,
    producer,
    openJobs: createOpenJobs(redis, keys),
    instances: createInstanceCache(redis, keys),
    images: createImageCache(redis, keys),
    stacks: createStackCache(redis, keys),
    zones: createZoneCache(redis, keys),
    loadRings: () => Promise.resolve([]),
    findRedisProblems: () => Promise.resolve(['appendonly is off']),
  });
  const { tokens, metricsToken } = loadWebConfig({ ...SETTINGS, ...settings });
  const app = createApp({
    routes: [route, { ...route, path: '/other', access: 'token' }],
    tokens,
    metricsToken,
    accountGate: createAccountGate(createAccounts(redis, keys)),
    readOnly: false,
    idempotencyKeys: createIdempotencyKeys(redis, keys),
    log,
    tellRequest: createTellRequest(figures),
    reportBug: () => undefined,
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return (path = '/metrics', token = ADMIN) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

describe('GET /metrics', () => {
  it('takes an admin token or METRICS_TOKEN, which opens nothing else', async () => {
    const ask = await startWeb({ METRICS_TOKEN: METRICS });
    const statuses = await Promise.all(
      [ADMIN, METRICS, PLAIN, 'another-token-altogether'].map(async (token) => (await ask('/metrics', token)).status),
    );
    expect(statuses).toEqual([200, 200, 403, 403]);
    expect((await ask('/other', METRICS)).status).toBe(403);
    expect((await ask('/other', PLAIN)).status).toBe(200);
    expect((await ask('/unknown', METRICS)).status).toBe(403);
  });

  it('knows no METRICS_TOKEN where none is set, and none that is short or another token', async () => {
    const ask = await startWeb();
    expect((await ask('/metrics', METRICS)).status).toBe(403);
    expect(() => loadWebConfig({ ...SETTINGS, METRICS_TOKEN: 'short' })).toThrow(/METRICS_TOKEN/);
    expect(() => loadWebConfig({ ...SETTINGS, METRICS_TOKEN: PLAIN })).toThrow(/a token of its own/);
  });

  it('shows what it and all others have counted, in the text format, whichever web is asked', async () => {
    const [one, other] = [await startWeb(), await startWeb()];
    await one('/nowhere-at-all');
    tellCall('ec2', 'RunInstances', 'throttled');
    const board = createProcessBoard(test.redis, test.keys);
    const book = createFigureBook();
    book.count('jobs', 'run-task|given-up');
    const worker = startHeartbeat({
      board,
      process: 'worker',
      version: '1.0.0',
      queues: ['tasks'],
      figures: book,
      log,
    });
    await worker.handOver();
    await one();
    const answer = await other();
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    expect(text).toMatch(/_requests_total\{process="web",id="[^"]+",method="GET",route="unknown",status="404"\} 1\n/);
    expect(text).not.toContain('nowhere-at-all');
    expect(text).toMatch(
      /_cloud_calls_total\{process="web",.*peer_service="ec2",operation="RunInstances",outcome="throttled"/,
    );
    expect(text).toMatch(/_jobs_total\{process="worker",id="[^"]+",kind="run-task",outcome="given-up"\} 1\n/);
    expect(text).toContain('quartermaster_queue_workers{queue="tasks"} 1\n');
    expect(text).toContain('quartermaster_redis_warnings 1\n');
    expect(text).toMatch(/_process_memory_bytes\{process="web",id="[^"]+",kind="heap"\} \d{6,}\n/);

    await worker.stop();
    expect(await (await other()).text()).not.toContain('run-task');
  });

  it('shows the depth of a queue and the age of its oldest job', async () => {
    const ask = await startWeb();
    const askedAt = Date.now();
    await producer.enqueue('run-task', { task: 'echo-steps', task_id: 'r1' });
    await new Promise((resolve) => setTimeout(resolve, 1600));
    const text = await (await ask()).text();
    expect(text).toContain('quartermaster_queue_jobs{queue="tasks",state="waiting"} 1\n');
    const age = /quartermaster_queue_oldest_job_age_seconds\{queue="tasks"\} (\d+)\n/.exec(text)?.[1];
    expect(Number(age)).toBeGreaterThanOrEqual(1);
    expect(Number(age)).toBeLessThanOrEqual(Math.ceil((Date.now() - askedAt) / 1000));
    expect(text).toContain('quartermaster_open_jobs 1\n');
  });
});
