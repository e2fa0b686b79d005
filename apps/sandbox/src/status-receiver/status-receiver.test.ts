import { startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';
import type { StatusDelivery } from './status-receiver.js';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
});
afterAll(() => sandbox.stop());

const post = (body: unknown, headers: Record<string, string> = {}, path = '/huxley/status'): Promise<Response> =>
  fetch(`${sandbox.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const deliveries = async (): Promise<StatusDelivery[]> =>
  (await sandbox.get<{ updates: StatusDelivery[] }>('status-updates')).updates;
const fault = (body: object): Promise<unknown> =>
  sandbox.send('POST', 'faults', { service: 'status-receiver', count: 1, ...body });

describe('the status receiver', () => {
  it('keeps every delivery in order, repeats too, with the event id and without credentials', async () => {
    for (const status of ['starting', 'running', 'running']) {
      const answer = await post({ status }, { 'x-event-id': `e-${status}`, authorization: 'Bearer secret' });
      expect(answer.status).toBe(200);
    }
    const all = await deliveries();
    expect(all.map(({ seq, event_id, body }) => [seq, event_id, body])).toEqual([
      [1, 'e-starting', { status: 'starting' }],
      [2, 'e-running', { status: 'running' }],
      [3, 'e-running', { status: 'running' }],
    ]);
    expect(all[0]?.headers).toMatchObject({ 'content-type': 'application/json', authorization: '***' });
    expect(await sandbox.effects('PostStatus')).toHaveLength(3);
    await sandbox.send('POST', 'reset');
    expect(await deliveries()).toEqual([]);
  });

  it('takes the media type of panda-kick too, and names the event by either header', async () => {
    const headers = { 'content-type': 'application/vnd.kick.status+json', 'idempotency-key': 'k' };
    expect((await post({ status: 'failed' }, headers)).status).toBe(200);
    expect((await deliveries())[0]?.event_id).toBe('k');
  });

  it.each<[string, () => Promise<Response>, number]>([
    ['no JSON', () => post('{'), 400],
    ['another media type', () => post({}, { 'content-type': 'text/plain' }), 415],
    ['another path', () => post({}, {}, '/huxley/other'), 404],
    ['another method', () => fetch(`${sandbox.url}/huxley/status`), 405],
  ])('refuses %s and keeps nothing', async (_name, call, status) => {
    expect((await call()).status).toBe(status);
    expect(await deliveries()).toEqual([]);
  });

  it('plays faults: 500, any 4xx, 429 with Retry-After, slow, and lost answers', async () => {
    await fault({ kind: 'error' });
    expect((await post({})).status).toBe(500);
    await fault({ kind: 'error', status: 422 });
    expect((await post({})).status).toBe(422);
    await fault({ kind: 'throttle', ms: 2000 });
    const throttled = await post({});
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '2']);
    await fault({ kind: 'down' });
    await expect(post({})).rejects.toThrow('fetch failed');
    expect(await deliveries()).toEqual([]);
    await fault({ kind: 'drop-answer', action: 'PostStatus' });
    await expect(post({})).rejects.toThrow('fetch failed');
    expect(await deliveries()).toHaveLength(1);
    await fault({ kind: 'slow', ms: 100 });
    const begun = Date.now();
    await post({});
    expect(Date.now() - begun).toBeGreaterThanOrEqual(95);
    const { log } = await sandbox.requests();
    expect(log.map(({ outcome }) => outcome)).toEqual([
      'internal-error',
      'internal-error',
      'too-many-requests',
      'dropped-before',
      'dropped-after',
      'ok',
    ]);
  });
});
