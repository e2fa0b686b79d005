import { refusal, runCli, serve, type TestServer } from '../../testing/run-cli.js';
import { serviceCommands } from './services.js';

let server: TestServer;
beforeAll(async () => {
  server = await serve(({ path }) => {
    if (path === '/etcd/services') return { json: { services: ['api', 'database'] } };
    if (path === '/etcd/services/api') return { json: { services: [{ ip: '10.0.0.7', port: 8080 }] } };
    if (path === '/etcd/services/none') return { json: { services: [] } };
    if (path === '/etcd/leader') return { json: { leader: '10276657743932975437', member_id: '7' } };
    if (path === '/etcd/event') return { json: { id: 43 } };
    return refusal(503, 'etcd-not-configured', 'There is no etcd.');
  });
});
beforeEach(() => void (server.seen.length = 0));
afterAll(() => server.close());

it('lists the services, and the nodes of one', async () => {
  expect((await runCli(serviceCommands, ['services'], server)).stdout).toBe('SERVICE\napi\ndatabase\n');
  expect((await runCli(serviceCommands, ['services', 'api'], server)).stdout).toBe('IP        PORT\n10.0.0.7  8080\n');
  expect((await runCli(serviceCommands, ['services', 'none'], server)).stdout).toBe('none has no nodes.\n');
});

it('shows the leader, whose id is no number', async () => {
  const { stdout } = await runCli(serviceCommands, ['services', 'leader'], server);
  expect(stdout).toBe('Leader       10276657743932975437\nAnswered by  7\n');
});

it('takes the options of every command before and after the second word', async () => {
  for (const argv of [
    ['services', '--json', 'leader'],
    ['services', 'leader', '--json'],
  ]) {
    const { stdout } = await runCli(serviceCommands, argv, server);
    expect(JSON.parse(stdout)).toEqual({ leader: '10276657743932975437', member_id: '7' });
  }
});

it.each([
  [
    ['deploy', 'v2', '-s', 'api,web', '-s', 'web'],
    { event_type: 'deploy', event_body: 'v2', services: ['api', 'web'] },
  ],
  [['drain', '{"zone":"a"}', '--broadcast'], { event_type: 'drain', event_body: { zone: 'a' }, broadcast: true }],
  [['hello', '--broadcast'], { event_type: 'hello', broadcast: true }],
])('sends an event as it was meant: %j', async (typed, sent) => {
  const { code, stdout } = await runCli(serviceCommands, ['services', 'event', ...typed], server);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^Sent to .*, with id 43\.\n$/)]);
  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(sent);
  expect(server.seen[0]?.headers['idempotency-key']).toBeDefined();
});

it.each([
  ['an event for nobody', ['services', 'event', 'deploy'], '--broadcast for everybody'],
  ['an event for some and for all', ['services', 'event', 'deploy', '-s', 'api', '--broadcast'], 'not both'],
  ['a body that is half JSON', ['services', 'event', 'deploy', '{x', '--broadcast'], 'is none'],
  ['no name at all', ['services', 'watch', ','], 'must name services'],
  ['a port that is none', ['register', 'api', '10.0.0.7', '65536'], '1 to 65535, not 65536'],
  ['an address that is none', ['register', 'api', '10.0.7', '80'], 'not 10.0.7'],
])('refuses %s before anything is sent', async (_what, argv, words) => {
  const { code, stderr } = await runCli(serviceCommands, argv, server);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  expect(server.seen).toEqual([]);
});

it('says what fails without etcd', async () => {
  const { code, stderr } = await runCli(serviceCommands, ['services', 'other'], server);
  expect([code, stderr]).toEqual([1, expect.stringContaining('503 Service Unavailable (etcd-not-configured)')]);
});
