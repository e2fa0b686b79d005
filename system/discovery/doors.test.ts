import { execFileSync } from 'node:child_process';
import { eventually } from '@quartermaster/testing';
import { createApi } from '../harness/api';
import {
  askForUpgrade,
  AUTHORIZATION,
  openSocket,
  registerPath,
  startDiscoverySystem,
  TOKEN,
  type DiscoverySystem,
  type DiscoveryWeb,
  type Refusal,
} from '../harness/discovery';

const MONITOR = '/etcd/monitor?monitor=api';

let system: DiscoverySystem;
let web: DiscoveryWeb;
let other: DiscoveryWeb;
beforeAll(async () => {
  system = await startDiscoverySystem();
  web = await system.startWeb({
    DISCOVERY_SOCKETS_PER_TOKEN: '3',
    DISCOVERY_SOCKETS: '4',
    AUTH_TOKENS: `two:${TOKEN}-2`,
  });
  other = await system.startWeb();
});
afterAll(() => system.stop());

async function ticket(): Promise<string> {
  const answer = await web.api<{ ticket: string; expires_in: number }>('/etcd/tickets', { method: 'POST' });
  expect([answer.status, answer.json().expires_in]).toEqual([201, 30]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return answer.json().ticket;
}

function parametersOf(errors: Refusal['errors']): string[] {
  return errors.map(({ source }) => source?.parameter ?? '').sort();
}

describe('who may open a socket', () => {
  it.each([`token ${TOKEN}`, `token=${TOKEN}`, `Bearer ${TOKEN}`])('the header %s', async (authorization) => {
    const opened = await openSocket(web.url, MONITOR, { headers: { authorization, 'x-request-id': 'mine-1' } });
    expect(opened.headers).toMatchObject({ 'x-request-id': 'mine-1', 'x-ping-interval': '20' });
    await opened.close();
  });

  it('the subprotocol bearer.<token>, which is the one chosen', async () => {
    const opened = await openSocket(web.url, MONITOR, { protocols: ['discovery', `bearer.${TOKEN}`] });
    expect(opened.socket.protocol).toBe(`bearer.${TOKEN}`);
    await opened.close();
  });

  it('a ticket, once, at any web', async () => {
    const path = `${MONITOR}&ticket=${await ticket()}`;
    const opened = await openSocket(other.url, path, { headers: {} });
    expect(await askForUpgrade(web.url, path)).toMatchObject({ status: 403, errors: [{ code: 'unknown-ticket' }] });
    await opened.close();
  });

  it.each([
    ['nobody', {}, '', 401, 'authentication-required'],
    ['a wrong header', { authorization: 'token wrong-token-0123456789' }, '', 403, 'unknown-token'],
    ['a wrong subprotocol', { 'sec-websocket-protocol': 'bearer.wrong' }, '', 403, 'unknown-token'],
    ['a wrong ticket', {}, '&ticket=AAAAAAAAAAAAAAAAAAAAAAAA', 403, 'unknown-ticket'],
    ['a token in the URL', {}, `&token=${TOKEN}`, 401, 'authentication-required'],
    ['nobody, whatever the parameters', {}, '&since=x', 401, 'authentication-required'],
  ])('not %s', async (_who, headers, more, status, code) => {
    const refused = await askForUpgrade(web.url, MONITOR + more, headers);
    expect(refused).toMatchObject({ status, errors: [{ code }] });
    expect(refused.headers['x-request-id']).toBeDefined();
    expect(refused.headers['www-authenticate'] !== undefined).toBe(status === 401);
    expect(refused.headers['connection']).toBe('close');
  });

  it('and the log has neither token nor ticket', async () => {
    const used = await ticket();
    const headers = { 'x-request-id': 'by-ticket' };
    await (await openSocket(web.url, `${MONITOR}&ticket=${used}`, { headers })).close();
    const line = await eventually(() => {
      const found = web.process.lines.find((one) => one.includes('A socket was closed') && one.includes('by-ticket'));
      if (found === undefined) throw new Error('no line');
      return JSON.parse(found) as object;
    });
    expect(line).toMatchObject({ caller: 'default', path: '/etcd/monitor', code: 1005, by: 'client' });
    expect(web.process.lines.filter((one) => one.includes(used) || one.includes(TOKEN))).toEqual([]);
  });
});

describe('a refused upgrade', () => {
  it('names each bad parameter', async () => {
    const path = '/etcd/register?service=a%20b&ip=300.0.0.1&port=70000&monitor=x,y%2Fz&since=-1';
    const { status, errors } = await askForUpgrade(web.url, path, AUTHORIZATION);
    expect(status).toBe(400);
    expect(parametersOf(errors)).toEqual(['ip', 'monitor', 'port', 'service', 'since']);
    const nothing = await askForUpgrade(web.url, '/etcd/register', AUTHORIZATION);
    expect(parametersOf(nothing.errors)).toEqual(['ip', 'port', 'service']);
    const nobody = await askForUpgrade(web.url, '/etcd/monitor?monitor=,', AUTHORIZATION);
    expect(nobody).toMatchObject({ status: 400, errors: [{ source: { parameter: 'monitor' } }] });
  });

  it('is 400 where the handshake is none, and registers nothing', async () => {
    const headers = { ...AUTHORIZATION, 'sec-websocket-version': '7' };
    const refused = await askForUpgrade(web.url, registerPath('handshake', 1), headers);
    expect(refused).toMatchObject({ status: 400, errors: [{ code: 'malformed-handshake' }] });
    const odd = { ...AUTHORIZATION, 'sec-websocket-protocol': 'a,,b' };
    expect(await askForUpgrade(web.url, registerPath('handshake', 2), odd)).toMatchObject({ status: 400 });
    await eventually(async () => expect((await web.api('/etcd/services/handshake')).json()).toEqual({ services: [] }));
  });

  it('is like an ordinary request elsewhere: 404, 405, and 426 for a plain GET', async () => {
    expect(await askForUpgrade(web.url, '/etcd/nothing', AUTHORIZATION)).toMatchObject({ status: 404 });
    const posted = await askForUpgrade(web.url, '/etcd/register', AUTHORIZATION, 'POST');
    expect(posted).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    const plain = await web.api<{ errors: object[] }>(MONITOR);
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket']);
    expect(plain.json()).toMatchObject({ errors: [{ code: 'upgrade-required' }] });
    expect((await createApi(web.url)(MONITOR)).status).toBe(401);
  });

  it('says which limit is reached, and makes room again', async () => {
    const open = await Promise.all([1, 2, 3].map(() => openSocket(web.url, MONITOR)));
    const ofToken = await askForUpgrade(web.url, MONITOR, AUTHORIZATION);
    expect(ofToken).toMatchObject({ status: 503, errors: [{ code: 'too-many-sockets' }] });
    expect(ofToken.headers['retry-after']).toBe('5');
    expect(ofToken.errors[0]?.detail).toContain('The token default has 3 sockets');
    const second = { authorization: `token ${TOKEN}-2` };
    open.push(await openSocket(web.url, MONITOR, { headers: second }));
    expect((await askForUpgrade(web.url, MONITOR, second)).errors[0]?.detail).toContain('This process has 4 sockets');
    await Promise.all(open.map((one) => one.close()));
    await eventually(async () => (await openSocket(web.url, MONITOR)).close());
  });
});

describe('requests that offer another protocol', () => {
  it('are answered in HTTP/1.1, with their bodies, and the connection is kept', () => {
    const curl = (...args: string[]): string =>
      execFileSync('curl', ['-s', '--http2', '-H', `Authorization: token ${TOKEN}`, ...args]).toString();
    expect(curl(`${web.url}/healthz`)).toBe('{"status":"ok"}');
    expect(curl('-d', '{"event_type":"x","services":["api"]}', `${web.url}/etcd/event`)).toMatch(/^\{"id":\d+\}$/);
    expect(curl('-w', '%{num_connects}', `${web.url}/healthz`, `${web.url}/healthz`)).toMatch(/1\{.*0$/);
  });
});

describe('what a client sends', () => {
  it('is ignored, and ends the socket with 1009 above 64 KiB', async () => {
    const opened = await openSocket(web.url, MONITOR);
    opened.socket.send('hello');
    opened.socket.send(Buffer.alloc(64 * 1024));
    await web.api('/etcd/event', { body: { event_type: 'afterwards', services: ['api'] } });
    await eventually(() => expect(opened.messages.map(({ body }) => body.event_type)).toContain('afterwards'));
    opened.socket.send(Buffer.alloc(64 * 1024 + 1));
    expect((await opened.closed).code).toBe(1009);
  });
});

describe('READ_ONLY', () => {
  it('refuses to register and to send events, and lets monitors in', async () => {
    const readOnly = await system.startWeb({ READ_ONLY: 'true' });
    expect(await askForUpgrade(readOnly.url, registerPath('api', 80), AUTHORIZATION)).toMatchObject({
      status: 403,
      errors: [{ code: 'read-only' }],
    });
    expect((await readOnly.api('/etcd/event', { body: { event_type: 'x', broadcast: true } })).status).toBe(403);
    await (await openSocket(readOnly.url, MONITOR)).close();
  });
});

describe('without etcd', () => {
  it('discovery answers 503 that says so, and the rest works', async () => {
    const bare = await system.startWeb({ ETCD_HOSTS: '' });
    const off = { status: 503, errors: [{ code: 'etcd-not-configured' }] };
    for (const path of ['/etcd/services', '/etcd/services/api', '/etcd/leader']) {
      const answer = await bare.api<{ errors: object[] }>(path);
      expect({ status: answer.status, ...answer.json() }).toMatchObject(off);
    }
    expect((await bare.api('/etcd/tickets', { method: 'POST' })).status).toBe(503);
    expect((await bare.api('/etcd/event', { body: { event_type: 'x', broadcast: true } })).status).toBe(503);
    expect(await askForUpgrade(bare.url, MONITOR, AUTHORIZATION)).toMatchObject(off);
    expect(await askForUpgrade(bare.url, registerPath('api', 80), AUTHORIZATION)).toMatchObject(off);
    expect((await bare.api<{ discovery: string }>('/processes')).json().discovery).toBe('off');
    expect((await bare.api('/instances')).status).toBe(200);
  });
});
