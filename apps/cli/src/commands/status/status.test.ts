import { refusal, runCli, serve, type TestServer } from '../../testing/run-cli.js';
import { statusCommands } from './status.js';

const UPDATE = {
  service: 'checkout',
  application_id: 'shop',
  deployment_id: 'd-42',
  status: 'failed',
  timestamp: '2026-11-21T10:14:23.112Z',
  id: 'u-1',
};
const WAITING = {
  state: 'waiting',
  waiting: 2,
  last_error: { code: 'status-target-unavailable', message: 'The target answers 503.' },
  tries: 4,
  next_try_at: '2026-11-21T10:14:38.201Z',
};

let server: TestServer;
beforeAll(async () => {
  server = await serve(({ method, path }) => {
    if (method === 'POST') return { status: 201, json: { ...UPDATE, status: 'shutting_down' } };
    if (path === '/status') {
      const meta = { page: 1, limit: 50, more: false };
      return { json: { statuses: [{ ...UPDATE, forwarding: { state: 'none', waiting: 0 } }], meta } };
    }
    if (path === '/status/checkout') return { json: { ...UPDATE, detail: { why: 'disk' }, forwarding: WAITING } };
    return refusal(404, 'unknown-service', 'No status of a service nope is known.');
  });
});
beforeEach(() => void (server.seen.length = 0));
afterAll(() => server.close());

it('lists the latest of each service', async () => {
  const { code, stdout } = await runCli(statusCommands, ['status'], server);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^SERVICE +STATUS +APPLICATION +DEPLOYMENT +WHEN +FORWARDED\n/);
  expect(stdout).toMatch(/\ncheckout +failed +shop +d-42 +.* ago +no: the server has no target\n$/);
});

it('shows one with its detail and its forwarding', async () => {
  const { stdout } = await runCli(statusCommands, ['status', 'checkout'], server);
  expect(stdout).toContain('Detail       {"why":"disk"}\n');
  expect(stdout).toContain('Forwarded    not yet: 2 wait. The target answers 503. (status-target-unavailable)\n');
  expect(stdout).toContain('Next try     2026-11-21T10:14:38.201Z\n');
});

it('says where to look for a service that is not known', async () => {
  const { code, stderr } = await runCli(statusCommands, ['status', 'nope'], server);
  expect([code, stderr]).toEqual([1, expect.stringContaining('`quartermaster status` lists those')]);
});

it('takes no pages of one service', async () => {
  expect(await runCli(statusCommands, ['status', 'checkout', '--all'], server)).toMatchObject({ code: 2 });
});

it.each([
  ['text', 'no database', 'no database'],
  ['an object', '{"step":1}', { step: 1 }],
])('reports a status with %s', async (_what, typed, sent) => {
  const argv = ['status', 'report', 'checkout', 'shop', 'd-42', 'shutting-down', typed, '--slack-channel', 'ops'];
  const { code, stdout } = await runCli(statusCommands, argv, server);
  expect([code, stdout]).toEqual([0, 'Recorded: checkout is shutting_down.\n']);
  const [request] = server.seen;
  expect(request?.path).toBe('/status?slack-channel=ops');
  expect(request?.headers['idempotency-key']).toBeDefined();
  expect(JSON.parse(request?.body ?? '')).toEqual({
    service: 'checkout',
    application_id: 'shop',
    deployment_id: 'd-42',
    status: 'shutting_down',
    detail: sent,
  });
});

it('names what can not be meant, before anything is sent', async () => {
  const argv = ['status', 'report', 'checkout', 'shop', 'd-42'];
  const wrong = await runCli(statusCommands, [...argv, 'up'], server);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('starting, running, failed') });
  expect(await runCli(statusCommands, [...argv, 'running', '{x'], server)).toMatchObject({ code: 2 });
  expect(server.seen).toEqual([]);
});
