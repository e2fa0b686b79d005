import { eventually } from '@quartermaster/testing';
import { BUILD, buildReaches, postBuild, setFault } from '../harness/builds';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';
import { findLeaks, needle } from '../faults/secret-search';

const METRICS_TOKEN = 'system-test-metrics-token-0123456789';
const PLAIN_TOKEN = 'system-test-plain-token-0123456789';

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({
    web: { METRICS_TOKEN, AUTH_TOKENS: `admin:${TOKEN},plain:${PLAIN_TOKEN}`, AUTH_TOKEN: '' },
    // A job that is taken over from a worker which is only slow would be tried once more.
    worker: { JOB_ATTEMPTS: '2', JOB_LOCK: '30s' },
  });
});
afterAll(() => system.stop());

const ask = async (token: string): Promise<{ status: number; text: string }> => {
  const answer = await fetch(`${lane.webUrl}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, text: await answer.text() };
};

/** The sum of all lines of a metric that have these labels. */
async function figure(name: string, labels: Record<string, string> = {}): Promise<number> {
  const { text } = await ask(METRICS_TOKEN);
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((part) => line.includes(part)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

describe('GET /metrics', () => {
  it('is open to an admin token and METRICS_TOKEN, which opens nothing else', async () => {
    const statuses = [TOKEN, METRICS_TOKEN, PLAIN_TOKEN, `${METRICS_TOKEN}x`].map(
      async (token) => (await ask(token)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 403, 403]);
    expect((await fetch(`${lane.webUrl}/metrics`)).status).toBe(401);
    const other = await fetch(`${lane.webUrl}/instances`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    expect(other.status).toBe(403);
  });

  it('shows failures and unknown jobs as 0 before the first, so that alerts see it', async () => {
    await eventually(async () => {
      const { text } = await ask(METRICS_TOKEN);
      expect(text).toMatch(/_http_requests_total\{process="web",.*method="POST",route="\/records",status="500"\} 0\n/);
      expect(text).toMatch(/_http_requests_total\{process="web",.*method="POST",route="\/records",status="503"\} 0\n/);
      expect(text).toMatch(/_unknown_jobs_total\{process="worker",.*queue="instance-builds"\} 0\n/);
      expect(text).toMatch(/_redis_warnings 0\n/);
    });
  });

  it('counts a build: its request, its job, and what was asked of EC2 and Slack', async () => {
    const job = { process: 'worker', kind: 'build-instances' };
    const launches = { process: 'worker', peer_service: 'ec2', operation: 'RunInstances', outcome: 'ok' };
    const request = { process: 'web', method: 'POST', route: '/instance-builds', status: '202' };
    const before = [
      await figure('quartermaster_jobs_total', { ...job, outcome: 'done' }),
      await figure('quartermaster_cloud_calls_total', launches),
      await figure('quartermaster_http_requests_total', request),
    ];
    const { id } = await postBuild(lane.api);
    await buildReaches(lane.api, id, 'started');
    await eventually(async () => {
      expect([
        await figure('quartermaster_jobs_total', { ...job, outcome: 'done' }),
        await figure('quartermaster_cloud_calls_total', launches),
        await figure('quartermaster_http_requests_total', request),
      ]).toEqual(before.map((count) => count + 1));
      expect(await figure('quartermaster_job_duration_seconds_count', job)).toBe((before[0] ?? 0) + 1);
      expect(await figure('quartermaster_cloud_calls_total', { peer_service: 'slack', outcome: 'ok' })).toBeGreaterThan(
        0,
      );
    }, 60_000);
    expect((await ask(METRICS_TOKEN)).text).not.toContain(id);
  });

  it('counts a job that fails: each try, the end of it, and every throttled call, the SDK’s own retries too', async () => {
    await setFault(system.sandbox, { kind: 'throttle', service: 'ec2', action: 'RunInstances' });
    const { id } = await postBuild(lane.api, { queue: 'metrics' });
    await buildReaches(lane.api, id, 'failed', 60_000);
    await eventually(async () => {
      const outcome = (name: string) => figure('quartermaster_jobs_total', { kind: 'build-instances', outcome: name });
      expect([await outcome('retried'), await outcome('given-up')]).toEqual([1, 1]);
      const throttled = { peer_service: 'ec2', operation: 'RunInstances', outcome: 'throttled' };
      // Two tries of the job, of three of the SDK each.
      expect(await figure('quartermaster_cloud_calls_total', throttled)).toBe(6);
    }, 60_000);
  });

  it('shows the processes, the ages of caches, and nothing that is secret', async () => {
    await eventually(async () => {
      for (const process of ['web', 'worker', 'mini-worker'])
        expect(await figure('quartermaster_processes', { process })).toBe(1);
      expect(await figure('quartermaster_process_leads')).toBe(1);
    });
    expect(await figure('quartermaster_cache_age_seconds', { cache: 'instances' })).toBeLessThan(30);
    expect(await figure('quartermaster_queue_workers', { queue: 'instance-builds' })).toBe(1);
    const { text } = await ask(METRICS_TOKEN);
    const secrets = [TOKEN, METRICS_TOKEN, PLAIN_TOKEN, 'sandbox-secret', 'xoxb-sandbox-token', 'init-script-key-0123'];
    expect(
      findLeaks(
        [{ place: '/metrics', text }],
        secrets.map((secret) => needle(secret, secret)),
      ),
    ).toEqual([]);
    expect(text).not.toContain(BUILD.instance_type);
  });

  it('forgets what a worker counted that is gone', async () => {
    expect(await figure('quartermaster_jobs_total', { process: 'worker' })).toBeGreaterThan(0);
    const worker = lane.processes.find(({ name }) => name === 'worker');
    worker?.kill('SIGTERM');
    await worker?.ended;
    expect(await figure('quartermaster_jobs_total', { process: 'worker' })).toBe(0);
    expect(await figure('quartermaster_processes', { process: 'worker' })).toBe(0);
    expect(await figure('quartermaster_queue_workers', { queue: 'instance-builds' })).toBe(0);
  });
});
