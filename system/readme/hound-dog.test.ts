import { eventually } from '@quartermaster/testing';
import {
  openSocket,
  startDiscoverySystem,
  type DiscoverySystem,
  type DiscoveryWeb,
  type OpenSocket,
  type ShownMessage,
} from '../harness/discovery';

/** What Hound Dog's README says of each endpoint, and what its own specification asked of it. */
let system: DiscoverySystem;
let web: DiscoveryWeb;
const sockets: OpenSocket[] = [];
beforeAll(async () => {
  system = await startDiscoverySystem();
  web = await system.startWeb();
});
afterAll(() => system.stop());
afterEach(async () => {
  await Promise.all(sockets.splice(0).map((one) => one.close()));
  await eventually(async () => expect(await servicesOf()).toEqual([]));
  // And web has heard of all that: what etcd has had until now is told before this.
  const last = await openSocket(web.url, '/etcd/monitor?monitor=nobody');
  await web.api('/etcd/event', { body: { event_type: 'over', services: ['nobody'] } });
  await eventually(() => expect(last.messages.map(({ body }) => body.event_type)).toContain('over'));
  await last.close();
});

async function open(path: string): Promise<OpenSocket> {
  const opened = await openSocket(web.url, path);
  sockets.push(opened);
  return opened;
}

async function servicesOf(): Promise<string[]> {
  return (await web.api<{ services: string[] }>('/etcd/services')).json().services;
}

function told(from: OpenSocket, count: number): Promise<ShownMessage[]> {
  return eventually(() => {
    expect(from.messages.length).toBeGreaterThanOrEqual(count);
    return from.messages;
  });
}

describe('Hound Dog’s README', () => {
  it('WS /etcd/register: registers a node until the socket is closed, under service/', async () => {
    const engine = await open('/etcd/register?service=engine&ip=192.168.10.3&port=42');
    const node = { ip: '192.168.10.3', port: 42 };
    expect((await web.api('/etcd/services/engine')).json()).toEqual({ services: [node] });
    expect((await told(engine, 1))[0]).toEqual({
      namespace: 'engine',
      body: { key_event: 'PUT', services: [node] },
      id: expect.any(Number) as number,
    });
    await engine.close();
    await eventually(async () => expect((await web.api('/etcd/services/engine')).json()).toEqual({ services: [] }));
  });

  it('WS /etcd/register: tells of its own service, and of those in monitor', async () => {
    const engine = await open('/etcd/register?service=engine&ip=192.168.10.3&port=42&monitor=api,web');
    await told(engine, 1);
    const api = await open('/etcd/register?service=api&ip=192.168.10.4&port=43');
    await open('/etcd/register?service=other&ip=192.168.10.5&port=44');
    await open('/etcd/register?service=engine&ip=192.168.10.6&port=45');
    await api.close();
    const seen = (await told(engine, 4)).map(({ namespace, body }) => `${body.key_event} ${namespace}`);
    expect(seen).toEqual(['PUT engine', 'PUT api', 'PUT engine', 'DELETE api']);
    expect(engine.messages[2]?.body.services).toEqual([
      { ip: '192.168.10.3', port: 42 },
      { ip: '192.168.10.6', port: 45 },
    ]);
  });

  it('WS /etcd/monitor: tells of the services that it names, and registers nothing', async () => {
    const monitor = await open('/etcd/monitor?monitor=engine,api');
    const engine = await open('/etcd/register?service=engine&ip=192.168.10.3&port=42');
    await engine.close();
    const seen = (await told(monitor, 2)).map(({ namespace, body }) => [namespace, body]);
    expect(seen).toEqual([
      ['engine', { key_event: 'PUT', services: [{ ip: '192.168.10.3', port: 42 }] }],
      ['engine', { key_event: 'DELETE', services: [] }],
    ]);
  });

  it('POST /etcd/event: reaches the listeners of the services that it names, and nobody else', async () => {
    const api = await open('/etcd/monitor?monitor=api');
    const version2 = await open('/etcd/monitor?monitor=api-v2');
    const body = { event_type: 'deploy', event_body: '{"version":2}', services: ['api'] };
    expect((await web.api('/etcd/event', { body })).status).toBe(200);
    expect(await told(api, 1)).toMatchObject([
      { namespace: 'api', body: { event_type: 'deploy', event_body: '{"version":2}' } },
    ]);
    expect((await web.api('/etcd/event', { body: { ...body, services: ['api-v2'] } })).status).toBe(200);
    expect(await told(version2, 1)).toHaveLength(1);
    expect(api.messages).toHaveLength(1);
  });

  it('POST /etcd/event: a broadcast reaches everybody', async () => {
    const [engine, monitor] = [
      await open('/etcd/register?service=engine&ip=192.168.10.3&port=42'),
      await open('/etcd/monitor?monitor=api'),
    ];
    await told(engine, 1);
    const answer = await web.api('/etcd/event', { body: 'event_type=x' });
    expect(answer.status).toBe(400);
    const body = { event_type: 'reload', event_body: 'now', broadcast: 'true' };
    expect((await web.api('/etcd/event', { body })).status).toBe(200);
    const expected = { namespace: '*', body: { event_type: 'reload', event_body: 'now' } };
    expect((await told(engine, 2))[1]).toMatchObject(expected);
    expect((await told(monitor, 1))[0]).toMatchObject(expected);
  });

  it('POST /etcd/event: to nobody is 400, and so is an event without a type', async () => {
    expect((await web.api('/etcd/event', { body: { event_type: 'x' } })).status).toBe(400);
    expect((await web.api('/etcd/event', { body: { event_type: 'x', services: [], broadcast: false } })).status).toBe(
      400,
    );
    expect((await web.api('/etcd/event', { body: { services: ['api'] } })).status).toBe(400);
  });

  it('GET /etcd/leader: the leader, and the member that we are connected to', async () => {
    const { leader, member_id } = (await web.api<Record<string, string>>('/etcd/leader')).json();
    expect(leader).toMatch(/^\d{5,20}$/);
    expect(member_id).toBe(leader);
  });

  it('GET /etcd/services: lists services; GET /etcd/services/:service: the nodes of one', async () => {
    await open('/etcd/register?service=engine&ip=192.168.10.3&port=42');
    await open('/etcd/register?service=engine&ip=192.168.10.3&port=43');
    await open('/etcd/register?service=api&ip=2001:DB8::1&port=80');
    expect(await servicesOf()).toEqual(['api', 'engine']);
    expect((await web.api('/etcd/services/engine')).json()).toEqual({
      services: [
        { ip: '192.168.10.3', port: 42 },
        { ip: '192.168.10.3', port: 43 },
      ],
    });
    expect((await web.api('/etcd/services/api')).json()).toEqual({ services: [{ ip: '2001:db8::1', port: 80 }] });
    expect((await web.api('/etcd/services/none')).json()).toEqual({ services: [] });
  });
});
