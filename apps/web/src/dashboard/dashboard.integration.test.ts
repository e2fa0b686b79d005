import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSilentLogger } from '@quartermaster/foundation';
import { createProducer, createQueues, type Producer } from '@quartermaster/jobs';
import { createAccounts, createIdempotencyKeys, createOpenJobs } from '@quartermaster/stores';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createAccountGate } from '../account-gate.js';
import { createApp } from '../create-app.js';
import { parseTokens } from '../tokens.js';
import { createDashboard } from './board.js';

const ADMIN = 'an:admin-token-0123456789';
const OTHER = 'another-token-0123456789';
const PATH = '/admin/queues';

const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const AS_ADMIN = basic('whoever', ADMIN);

let test: TestRedis;
let producer: Producer;
let server: Server;
const bugs: unknown[] = [];
const job = { build_id: '87ff7a06-8be5-4a07-9d3f-2c697f7f4ce6' };

beforeAll(async () => {
  test = await openTestRedis();
  const { redis, keys } = test;
  const log = createSilentLogger();
  producer = createProducer(redis, keys, log);
  const app = createApp({
    routes: [],
    tokens: parseTokens({ AUTH_TOKENS: `admin:${ADMIN},other:${OTHER}` }),
    accountGate: createAccountGate(createAccounts(redis, keys)),
    readOnly: false,
    idempotencyKeys: createIdempotencyKeys(redis, keys),
    log,
    reportBug: (error) => void bugs.push(error),
    dashboard: createDashboard(createQueues(redis, keys, log)),
  });
  server = createServer(app);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  await producer.enqueue('build-instances', job);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await producer.close();
  await test.close();
});

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return fetch(url, { headers: AS_ADMIN, ...init });
}

describe('the door', () => {
  it.each([PATH, `${PATH}/`, `${PATH}/api/queues`, `${PATH}/static/images/logo.svg`])(
    'asks for a password at %s',
    async (path) => {
      const answer = await ask(path, { headers: {} });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic /)]);
      expect(answer.headers.get('x-request-id')).toMatch(/./);
    },
  );

  it.each([
    ['an admin token of any user', AS_ADMIN, 200],
    ['an admin token without a user', basic('', ADMIN), 200],
    ['an admin token as programs send it', { authorization: `token ${ADMIN}` }, 200],
    ['a token that is no admin', basic('admin', OTHER), 403],
    ['a password that is no token', basic('admin', `${ADMIN}x`), 401],
    ['a token as the user', basic(OTHER, ''), 401],
    ['an unknown token as programs send it', { authorization: 'token nobody-has-this-one' }, 403],
    ['something that is no password', { authorization: 'Basic !' }, 403],
  ])('answers %s', async (_what, headers, status) => {
    expect((await ask(PATH, { headers })).status).toBe(status);
  });
});

describe('the page', () => {
  it('names nothing on another host, and forbids a browser to fetch from there', async () => {
    const answer = await ask(PATH);
    const html = await answer.text();
    const urls = [...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].map((match) => match[1] ?? '');
    expect(urls.length).toBeGreaterThan(4);
    for (const url of urls) {
      const absolute = new URL(url, 'http://here/admin/queues/');
      expect(absolute.host).toBe('here');
      if (absolute.pathname !== `${PATH}/`) {
        const asset = await ask(absolute.pathname);
        expect([absolute.pathname, asset.status]).toEqual([absolute.pathname, 200]);
        if (url.endsWith('.css')) expect(await asset.text()).not.toMatch(/(?:url\(|@import)\s*["']?(?:https?:)?\/\//);
      }
    }
    expect(html).not.toMatch(/\/\/fonts\./);
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'self'/);
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  it('shows the queues and their jobs, read only', async () => {
    const answer = await ask(`${PATH}/api/queues?activeQueue=instance-builds&page=1&jobsPerPage=10&status=latest`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { queues } = (await answer.json()) as { queues: { name: string; readOnlyMode: boolean; jobs: object[] }[] };
    expect(queues.length).toBeGreaterThan(6);
    expect(queues.filter(({ readOnlyMode }) => !readOnlyMode)).toEqual([]);
    expect(queues.find(({ name }) => name === 'instance-builds')?.jobs).toMatchObject([{ data: job }]);
    expect((await ask(`${PATH}/queue/instance-builds`)).status).toBe(200);
  });

  it('answers what is not there as every unknown path', async () => {
    const answer = await ask(`${PATH}/no/such/page/there`);
    expect([answer.status, await answer.json()]).toMatchObject([404, { errors: [{ code: 'unknown-path' }] }]);
    expect(bugs).toEqual([]);
  });
});

describe('the ledger of open jobs', () => {
  it.each([
    ['PUT', 'instance-builds/clean/wait'],
    ['PUT', 'instance-builds/empty'],
    ['PUT', 'instance-builds/obliterate'],
    ['PUT', 'instance-builds/pause'],
    ['PUT', 'pause'],
    ['POST', 'instance-builds/add'],
    ['PATCH', `instance-builds/${job.build_id}/update-data`],
    ['DELETE', ''],
  ])('stays as it is: %s %s is refused', async (method, path) => {
    const before = await producer.inspect();
    const body = JSON.stringify({ name: 'build-instances', data: {} });
    const headers = { ...AS_ADMIN, 'content-type': 'application/json' };
    const answer = await ask(`${PATH}/api/queues/${path}`, { method, headers, body });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await producer.inspect()).toEqual(before);
    expect(
      await createOpenJobs(test.redis, test.keys).load(producer.describe('build-instances', job).id),
    ).toBeDefined();
  });
});
