import { refusal, runCli, serve, TEST_TOKEN, type Answer, type TestServer } from '../../testing/run-cli.js';
import { doctorCommands } from './doctor.js';

const beat = { host: 'app-1', pid: 7, version: '1.2.0', alive: true, uptime_seconds: 61, last_beat_seconds: 1 };
const WELL: Readonly<Record<string, Answer>> = {
  '/': { text: 'Ahoy! This is Quartermaster 1.2.0. See docs/api.md.' },
  '/readyz': { json: { status: 'ok', warnings: [] } },
  '/accounts': { json: { accounts: [] } },
  '/processes': {
    json: {
      processes: [
        { ...beat, id: 'a', process: 'web', queues: [] },
        { ...beat, id: 'b', process: 'worker', queues: ['tasks'] },
        { ...beat, id: 'c', process: 'mini-worker', queues: [], leads: true },
      ],
      queues: [
        {
          name: 'tasks',
          waiting: 0,
          active: 0,
          delayed: 0,
          failed: 0,
          paused: false,
          oldest_seconds: null,
          workers: 1,
        },
      ],
      caches: [{ name: 'instances', age_seconds: 3 }],
      open_jobs: 1,
      discovery: 'current',
    },
  },
};
const noRedis = refusal(503, 'redis-unavailable', 'Redis does not answer.');

let server: TestServer;
let answers: Readonly<Record<string, Answer>> = WELL;
beforeAll(async () => {
  server = await serve(({ path }) => answers[path]);
});
beforeEach(() => (answers = WELL));
afterAll(() => server.close());

const examine = (argv: readonly string[] = [], options = {}): ReturnType<typeof runCli> =>
  runCli(doctorCommands, ['doctor', ...argv], { ...server, ...options });

it('says that everything is in order', async () => {
  const { code, stdout, stderr } = await examine();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.replace(/in \d+ ms/, 'in 5 ms')).toBe(`ok      configuration  URL ${server.url}, from QUARTERMASTER_URL
ok      configuration  token from QUARTERMASTER_TOKEN
ok      server         ${server.url} answers in 5 ms
ok      version        the server is 1.2.0, this program 1.2.3
ok      clock          the server’s and this machine’s agree
ok      readiness      the server can work, and finds nothing wrong with Redis
ok      token          accepted, an admin’s
ok      web            app-1, process 7, version 1.2.0, up 1m 1s
ok      worker         app-1, process 7, version 1.2.0, up 1m 1s, serves 1 queue
ok      mini-worker    app-1, process 7, version 1.2.0, up 1m 1s, leads
ok      queues         1, each with a worker; 1 job not done
ok      caches         1, the oldest 3s old
ok      discovery      current

Everything is in order.
`);
});

it('marks the lines on a terminal', async () => {
  const { stdout } = await examine([], { isTerminal: true });
  expect(stdout).toContain('\u001b[32m✓\u001b[39m configuration  URL');
});

it('prints a document for programs', async () => {
  const { stdout } = await examine(['--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    version: '1.2.3',
    url: server.url,
    checks: expect.arrayContaining([{ name: 'discovery', state: 'ok', detail: 'current' }]),
  });
});

it('ends with 2 where nothing is set, and with 3 where nobody answers', async () => {
  const nothing = await runCli(doctorCommands, ['doctor']);
  expect(nothing).toMatchObject({ code: 2, stdout: expect.stringContaining('No server is set.') });
  const nobody = await examine(['--url', 'http://127.0.0.1:9']);
  expect(nobody).toMatchObject({ code: 3, stdout: expect.stringContaining('Can not reach http://127.0.0.1:9: ') });
});

it('looks as far as it can without a token', async () => {
  const { code, stdout } = await runCli(doctorCommands, ['doctor', '--url', server.url]);
  expect(code).toBe(2);
  expect(stdout).toContain(`problem configuration  No token for ${server.url} is set.`);
  expect(stdout).toContain('ok      readiness');
  expect(stdout).not.toContain('discovery');
});

it('knows a token that is wrong from one that is no admin’s', async () => {
  answers = { ...WELL, '/accounts': refusal(403, 'unknown-token', 'It matches no token.') };
  const wrong = await examine();
  expect(wrong).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('problem token          It matches no token.'),
  });
  expect(wrong.stdout).not.toContain(TEST_TOKEN);
  answers = { ...WELL, '/accounts': refusal(403, 'admin-only', 'No.') };
  expect(await examine()).toMatchObject({ code: 0, stdout: expect.stringContaining('accepted; not an admin’s') });
});

it('says of a server without Redis what is wrong with it, and that the token is good', async () => {
  answers = { '/': WELL['/'] ?? 'cut', '/readyz': noRedis, '/accounts': noRedis, '/processes': noRedis };
  const { code, stdout } = await examine();
  expect(code).toBe(1);
  expect(stdout).toContain('problem readiness      Redis does not answer.');
  expect(stdout).toContain('ok      token          accepted, an admin’s');
  expect(stdout).toContain('problem processes      Redis does not answer.');
  expect(stdout).toContain('2 problems.');
});

it.each<[string, Answer]>([
  ['a router’s web page', { status: 502, text: '<html>', headers: { 'content-type': 'text/html' } }],
  ['another program', { text: 'Welcome to nginx' }],
  ['a redirect', { status: 302, headers: { location: 'https://login.example.com/' } }],
])('does not take %s for Quartermaster', async (_name, answer) => {
  answers = { ...WELL, '/': answer };
  const { code, stdout } = await examine();
  expect(code).toBe(3);
  expect(stdout).toMatch(/problem server {9}Can not reach/);
  expect(stdout).not.toContain('readiness');
});

it('warns of versions that differ, of a clock that is off, and of what Redis lacks', async () => {
  answers = {
    ...WELL,
    '/': {
      text: 'Ahoy! This is Quartermaster 2.0.0. See docs/api.md.',
      headers: { date: 'Sat, 01 Jan 2000 00:00:00 GMT' },
    },
    '/readyz': { json: { status: 'ok', warnings: ['Redis has no append-only file.'] } },
  };
  const { code, stdout } = await examine();
  expect(code).toBe(0);
  expect(stdout).toContain('warning version        the server is 2.0.0, this program 1.2.3');
  expect(stdout).toMatch(/warning clock {10}the server’s is \d+d .*behind this machine’s/);
  expect(stdout).toContain('warning readiness      Redis has no append-only file.');
  expect(stdout).toContain('3 warnings.');
});
