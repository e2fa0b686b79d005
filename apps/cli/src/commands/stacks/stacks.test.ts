import { refusal, runCli, serve, TEST_TOKEN, type TestServer } from '../../testing/run-cli.js';
import { stackCommands } from './stacks.js';

let server: TestServer;
beforeAll(async () => {
  server = await serve(({ path }) => {
    const headers = { 'x-cache-age': '3' };
    if (path === '/stacks') return { headers, json: [{ Name: 'Mobile App', StackId: 's-1', Region: 'us-east-1' }] };
    if (path === '/stacks/Mobile%20App/layers') return { headers, json: [] };
    if (path === '/stacks/old/layers') return { headers: { 'x-cache-age': '600' }, json: [] };
    if (path === '/stacks/never/layers') return { json: [] };
    if (path === '/stacks/Mobile%20App/layers/api/instances/3') return { headers, json: { Hostname: 'api3' } };
    if (path.includes('Ann')) return refusal(404, 'unknown-layer', 'There is no layer nope.');
    return refusal(404, 'unknown-stack', 'There is no stack nope.');
  });
});
afterAll(() => server.close());

it('lists stacks in a table, with the token in its header', async () => {
  const { code, stdout } = await runCli(stackCommands, ['list'], server);
  expect([code, stdout]).toEqual([0, 'NAME        REGION     ID\nMobile App  us-east-1  s-1\n']);
  expect(server.seen[0]?.headers.authorization).toBe(`token ${TEST_TOKEN}`);
});

it('prints the API’s own JSON where that is asked for', async () => {
  const { stdout } = await runCli(stackCommands, ['list', '--json'], server);
  expect(JSON.parse(stdout)).toEqual([{ Name: 'Mobile App', StackId: 's-1', Region: 'us-east-1' }]);
});

it('says so where there is nothing', async () => {
  expect((await runCli(stackCommands, ['list', '-s', 'Mobile App'], server)).stdout).toBe('It has no layers.\n');
});

it('takes --s for -s, as AWSuper’s page prints it', async () => {
  const { stdout } = await runCli(stackCommands, ['describe', '--s', 'Mobile App', '-l', 'api', '-i', '3'], server);
  expect(JSON.parse(stdout)).toEqual({ Hostname: 'api3' });
});

it('names what is missing on the line', async () => {
  const { code, stderr } = await runCli(stackCommands, ['describe', '-l', 'api', '-s'], server);
  expect([code, stderr]).toEqual([2, expect.stringContaining("Option '-s, --stack <name>' argument missing")]);
  expect(await runCli(stackCommands, ['list', '-l', 'api'], server)).toMatchObject({
    code: 2,
    stderr: 'Error: --layer needs --stack.\n',
  });
});

it('shows URL, status, reason and what to do of a refusal', async () => {
  const { code, stderr } = await runCli(stackCommands, ['list', '-s', 'nope'], server);
  expect(code).toBe(1);
  expect(stderr).toContain('Error: There is no stack nope.');
  expect(stderr).toContain(`GET ${server.url}/stacks/nope/layers → 404 Not Found (unknown-stack)`);
});

it('names the command that lists what may have been meant', async () => {
  const { stderr } = await runCli(stackCommands, ['list', '-s', 'nope'], server);
  expect(stderr).toContain('See what there is: `quartermaster list`');
  const other = await runCli(stackCommands, ['describe', '-s', "Ann's app", '-l', 'nope'], server);
  expect(other.stderr).toContain("See what there is: `quartermaster list --stack 'Ann'\\''s app'`");
});

it('says so where the list is old, or was never read', async () => {
  const [fresh, old, never] = await Promise.all(
    ['Mobile App', 'old', 'never'].map((name) => runCli(stackCommands, ['list', '-s', name], server)),
  );
  expect(fresh?.stderr).toBe('');
  expect(old?.stderr).toContain('This is 10m old: the stacks can not be read at the moment.');
  expect(never?.stderr).toContain('The stacks have not been read yet.');
});
