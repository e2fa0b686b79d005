import { eventually } from '@quartermaster/testing';
import { createApi } from '../harness/api';
import {
  deliveriesOf,
  forwardingReaches,
  forwardingTo,
  getStatus,
  postStatus,
  sendStatus,
  STATUS,
  type ShownStatus,
} from '../harness/statuses';
import { startSystem, type Lane, type System } from '../harness/start-system';

interface Refusal {
  errors: { code: string; detail: string; source?: { pointer?: string } }[];
}

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({ worker: forwardingTo(system), start: ['worker'] });
  await eventually(async () => expect((await sendStatus(lane.api, 'first')).headers.has('warning')).toBe(false));
});
afterAll(() => system.stop());

describe('POST /status', () => {
  it('answers with what was recorded, and where it is; without CLUSTER_ID there is no cluster_id', async () => {
    const detail = { ports: [80, 443], nested: { ok: true } };
    const answer = await sendStatus(lane.api, 'web:api@1', { detail });
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('location')]).toEqual([
      201,
      'application/vnd.kick.status+json',
      '/status/web%3Aapi%401',
    ]);
    const { id, timestamp, ...shown } = answer.json();
    expect(shown).toEqual({ service: 'web:api@1', ...STATUS, detail });
    expect(answer.headers.has('warning')).toBe(false);
    await forwardingReaches(lane.api, 'web:api@1', 'delivered');
    const [delivery] = await deliveriesOf(system.sandbox, 'web:api@1');
    expect([delivery?.event_id, delivery?.body]).toEqual([id, { ...shown, timestamp }]);
  });

  it('refuses with every problem at once, and records nothing', async () => {
    const body = { service: 'bad name', status: 'dancing', detail: 7, replicas: 2 };
    const answer = await lane.api<Refusal>('/status', { body });
    expect(answer.status).toBe(400);
    const pointers = answer.json().errors.map(({ source }) => source?.pointer ?? '');
    expect(pointers).toEqual(['/service', '/application_id', '/deployment_id', '/status', '/detail', '/replicas']);
    expect((await lane.api('/status', { body: '{"service":' })).status).toBe(400);
    expect((await lane.api('/status', { body: '', method: 'POST' })).status).toBe(400);
    expect((await sendStatus(lane.api, 'large', { detail: 'x'.repeat(300_000) })).status).toBe(413);
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const sent = JSON.stringify({ service: 'deep', ...STATUS, detail: 0 }).replace('"detail":0', `"detail":${deep}`);
    for (const headers of [{}, { 'idempotency-key': 'deep-1' }]) {
      expect((await lane.api('/status', { body: sent, headers })).status).toBe(400);
    }
    expect((await lane.api('/status/deep')).status).toBe(404);
  });

  it('is done once per Idempotency-Key', async () => {
    const key = { 'idempotency-key': 'status-1' };
    const first = await sendStatus(lane.api, 'repeated', { status: 'starting' }, key);
    await postStatus(lane.api, 'repeated', { status: 'running' });
    const second = await sendStatus(lane.api, 'repeated', { status: 'starting' }, key);
    expect([second.status, second.text, second.headers.get('idempotency-replayed')]).toEqual([201, first.text, 'true']);
    expect(second.headers.get('content-type')).toBe('application/vnd.kick.status+json');
    expect((await sendStatus(lane.api, 'repeated', { status: 'failed' }, key)).status).toBe(422);
    const seen = await forwardingReaches(lane.api, 'repeated', 'delivered');
    expect(seen.status).toBe('running');
    expect((await deliveriesOf(system.sandbox, 'repeated')).map(({ body }) => body.status)).toEqual([
      'starting',
      'running',
    ]);
  });

  it('needs a token, and READ_ONLY refuses it', async () => {
    const stranger = createApi(lane.webUrl);
    expect((await sendStatus(stranger, 'strange')).status).toBe(401);
    expect((await stranger('/status')).status).toBe(401);
    const readOnly = await system.openLane({ web: { READ_ONLY: 'true' }, start: [] });
    expect((await sendStatus(readOnly.api, 'frozen')).status).toBe(403);
    expect((await readOnly.api('/status')).json()).toMatchObject({ statuses: [] });
    await readOnly.stop();
    const refused = await lane.api('/status', { method: 'PUT', body: {} });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('warns where no worker forwards, and takes no more of a service than it can keep', async () => {
    const alone = await system.openLane({ start: [] });
    const detail = 'x'.repeat(255_000);
    const answer = await sendStatus(alone.api, 'silent', { detail });
    expect([answer.status, answer.headers.get('warning')]).toEqual([201, expect.stringContaining('status-updates')]);
    expect(await getStatus(alone.api, 'silent')).toMatchObject({ forwarding: { state: 'waiting', waiting: 1 } });
    let accepted = 1;
    let full = await sendStatus(alone.api, 'silent', { detail });
    for (; full.status === 201 && accepted < 100; accepted += 1) {
      full = await sendStatus(alone.api, 'silent', { detail });
    }
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '60']);
    expect((JSON.parse(full.text) as Refusal).errors[0]).toMatchObject({
      code: 'too-many-updates-waiting',
      detail: `${accepted} updates of service silent wait to be forwarded already, and no more are taken.`,
    });
    expect(accepted).toBe(65);
    // Others have room, and nothing that was acknowledged is lost.
    expect((await sendStatus(alone.api, 'other', {})).status).toBe(201);
    alone.startWorker(forwardingTo(system));
    await forwardingReaches(alone.api, 'silent', 'delivered');
    expect(await deliveriesOf(system.sandbox, 'silent')).toHaveLength(accepted);
    expect((await sendStatus(alone.api, 'silent', { detail })).status).toBe(201);
    await alone.stop();
  });

  it('that was acknowledged survives the death of web', async () => {
    const dying = await system.openLane({ start: [] });
    const { id } = await postStatus(dying.api, 'survivor', { status: 'stopped' });
    dying.web.kill('SIGKILL');
    await dying.web.ended;
    await dying.restartWeb();
    expect(await getStatus(dying.api, 'survivor')).toMatchObject({ id, status: 'stopped' });
    await dying.stop();
  });
});

describe('GET /status', () => {
  it('has the latest of every service, who was heard of last first, in pages', async () => {
    const own = await system.openLane({ web: { CLUSTER_ID: 'c1' }, start: ['worker'] });
    for (const service of ['a', 'b', 'c', 'a']) {
      await postStatus(own.api, service, { status: service === 'a' ? 'failed' : 'running', detail: { service } });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    type Listed = { statuses: ShownStatus[]; meta: object };
    const listed = await eventually(async () => {
      const seen = (await own.api<Listed>('/status')).json();
      expect(seen.statuses.every(({ forwarding }) => forwarding?.state === 'none')).toBe(true);
      return seen;
    });
    expect(listed.statuses.map(({ service, status, cluster_id }) => [service, status, cluster_id])).toEqual([
      ['a', 'failed', 'c1'],
      ['c', 'running', 'c1'],
      ['b', 'running', 'c1'],
    ]);
    expect(listed.statuses.some((status) => 'detail' in status)).toBe(false);
    expect((await getStatus(own.api, 'a'))['detail']).toEqual({ service: 'a' });
    const page = (await own.api<Listed>('/status?limit=2&page=1')).json();
    expect([page.statuses.map(({ service }) => service), page.meta]).toEqual([
      ['a', 'c'],
      { page: 1, limit: 2, more: true },
    ]);
    expect((await own.api('/status?limit=0')).status).toBe(400);
    await own.stop();
  });

  it('of one service is its latest, and 404 where none is known', async () => {
    const { id } = await postStatus(lane.api, 'single');
    const answer = await lane.api<ShownStatus>('/status/single');
    expect([answer.status, answer.headers.get('content-type'), answer.json().id]).toEqual([
      200,
      'application/vnd.kick.status+json',
      id,
    ]);
    for (const path of ['/status/nobody', '/status/..%2Fsingle', '/status/%00', '/status/single%20']) {
      const missing = await lane.api<Refusal>(path);
      expect([missing.status, missing.json().errors[0]?.code]).toEqual([404, 'unknown-service']);
    }
  });
});
