import { runCli, refusal, serve, type Answer, type TestServer } from '../testing/run-cli.js';
import { accountCommands } from '../commands/couchdb/accounts.js';
import { serviceCommands } from '../commands/discovery/services.js';
import { recordCommands } from '../commands/dns/records.js';
import { statusCommands } from '../commands/status/status.js';
import { taskCommands } from '../commands/tasks/tasks.js';

const COMMANDS = [...taskCommands, ...accountCommands, ...recordCommands, ...serviceCommands, ...statusCommands];
/** What is typed, and what is said of how to look at it. */
const CHANGES = [
  ['do echo-steps', '`quartermaster query echo-steps limit=3`'],
  ['cancel echo-steps 5b6cb5f4', '`quartermaster check echo-steps 5b6cb5f4`'],
  ['resume echo-steps 5b6cb5f4', '`quartermaster check echo-steps 5b6cb5f4`'],
  ['services event deploy v2 --broadcast', 'send it again where twice does no harm'],
  ['accounts create ann', '`quartermaster accounts rotate ann` gives it a token'],
  ['accounts rotate ann', '`quartermaster accounts rotate ann`'],
  ['accounts delete ann', '`quartermaster accounts`'],
  ['record set *.example.com 10.1.2.3', "`quartermaster record get '*.example.com'`"],
  ['record rename a.example.com *.example.com', "`quartermaster record get '*.example.com'`"],
  ['record rm *.example.com', "`quartermaster record get '*.example.com'`"],
  ['status report checkout shop d-42 running', '`quartermaster status checkout`'],
] as const;

let server: TestServer;
let change: () => Answer;
beforeAll(async () => {
  const record = { hostname: '*.example.com', type: 'A', ip_address: '10.1.2.3', ttl: 60, status: 'INSYNC' };
  server = await serve(({ method }) => (method === 'GET' ? { json: record } : change()));
});
afterAll(() => server.close());

it.each(CHANGES)('%s: after Ctrl-C it says that it may be done, and how to look', async (line, look) => {
  const interruption = new AbortController();
  change = () => {
    interruption.abort(new Error('interrupted'));
    return { json: {} };
  };
  const { code, stdout, stderr } = await runCli(COMMANDS, line.split(' '), { ...server, signal: interruption.signal });
  expect([code, stdout]).toEqual([130, '']);
  expect(stderr).toMatch(/^Interrupted\. The request may have been accepted all the same\.\n/);
  expect(stderr).toContain(look);
});

it.each(CHANGES)('%s: says how to look where the server may have lost it on the way', async (line, look) => {
  change = () => refusal(503, 'redis-unavailable', 'Redis can not be reached.');
  const { code, stderr } = await runCli(COMMANDS, line.split(' '), server);
  expect([code, stderr]).toEqual([1, expect.stringContaining(look)]);
});
