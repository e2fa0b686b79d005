import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineCommand, type Command } from './command.js';
import { Failure } from './failures.js';
import { refusal, runCli, serve, TEST_TOKEN, type Answer, type TestServer } from './testing/run-cli.js';

/** `get <path>` prints what the server has there. */
const get: Command = defineCommand<{ place: string }>({
  name: 'get',
  group: 'The server',
  summary: 'Get something',
  arguments: [{ name: 'place', summary: 'Where' }],
  examples: [{ line: 'get /x', does: 'x' }],
  run: async ({ api, print }, { place }) => {
    const found = await api.get(place);
    print.result(found, () => print.line(print.colors.green(JSON.stringify(found))));
  },
});
const broken: Command = defineCommand({
  name: 'broken',
  group: 'The server',
  summary: 'Fail by a bug',
  examples: [{ line: 'broken', does: 'fails' }],
  run: () => Promise.reject(new TypeError('a bug')),
});
const wait: Command = defineCommand({
  name: 'wait',
  group: 'The server',
  summary: 'Wait for ever',
  isLocal: true,
  examples: [{ line: 'wait', does: 'waits' }],
  run: (context) => context.sleep(600_000),
});
const look: Command = defineCommand<{ place: string }>({
  name: 'look',
  group: 'The server',
  summary: 'Look into something',
  arguments: [{ name: 'place', summary: 'Where' }],
  examples: [{ line: 'look /x', does: 'x' }],
  run: async ({ api, print }, { place }) => print.line((await api.get<{ a: string }>(place)).a),
});
const commands = [get, broken, wait, look];

const ANSWERS: Readonly<Record<string, Answer>> = {
  '/ok': { json: { a: 1 } },
  '/404': refusal(404, 'unknown-build', 'There is no build x.'),
  '/403': refusal(403, 'unknown-token', 'The Authorization header matches no token.'),
  '/503': refusal(503, 'redis-unavailable', 'Redis does not answer.'),
  '/cut': 'cut',
  '/null': { json: null },
};
let server: TestServer;
let home: string;
beforeAll(async () => {
  server = await serve(({ path }) => ANSWERS[path]);
  home = mkdtempSync(join(tmpdir(), 'qm-run-'));
});
afterAll(async () => {
  await server.close();
  rmSync(home, { recursive: true });
});

it.each([
  ['/ok', 0, ''],
  ['/404', 1, 'Error: There is no build x.'],
  ['/403', 1, 'Error: The Authorization header matches no token.'],
  ['/503', 1, 'Error: Redis does not answer.'],
  ['/cut', 3, 'the connection was cut'],
])('ends %s with exit code %d and its message', async (path, expected, message) => {
  const { code, stderr } = await runCli(commands, ['get', path], server);
  expect([code, stderr]).toEqual([expected, expect.stringContaining(message)]);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toContain(TEST_TOKEN);
  if (expected !== 0) expect(stderr.trimEnd().split('\n')).toHaveLength(3);
});

it('ends wrong usage with 2, help and version with 0', async () => {
  for (const argv of [['nonsense'], ['get'], ['get', '/ok', '/more'], ['get', '--nonsense', '/ok']]) {
    expect((await runCli(commands, argv, server)).code).toBe(2);
  }
  for (const argv of [[], ['--help'], ['get', '--help'], ['help', 'get'], ['--version']]) {
    const { code, stdout, stderr } = await runCli(commands, argv);
    expect([argv, code, stdout === '', stderr]).toEqual([argv, 0, false, '']);
  }
});

it('ends with 2, and how to go on, where no server or no token is set', async () => {
  expect(await runCli(commands, ['get', '/ok'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Error: No server is set\.\n {2}Run `quartermaster setup`/),
  });
  expect((await runCli(commands, ['get', '/ok', '--url', server.url])).stderr).toContain(
    `Error: No token for ${server.url} is set.`,
  );
});

it('says that a file’s token is for another server', async () => {
  mkdirSync(join(home, '.config/quartermaster'), { recursive: true });
  const file = join(home, '.config/quartermaster/config.json');
  writeFileSync(file, '{"url":"https://live.example.com","token":"of-live"}', { mode: 0o600 });
  const { code, stderr } = await runCli(commands, ['get', '/ok', '--url', server.url], { home });
  expect([code, stderr]).toEqual([2, expect.stringContaining(`The one in ${file} is for https://live.example.com.`)]);
  expect(stderr).not.toContain('of-live');
});

it('refuses a broken configuration where it is needed, and else warns of it', async () => {
  const file = join(home, 'broken.json');
  writeFileSync(file, '{"token":"s3cret"', { mode: 0o600 });
  const env = { QUARTERMASTER_CONFIG: file };
  expect(await runCli(commands, ['get', '/ok'], { env, url: server.url })).toMatchObject({
    code: 0,
    stderr: `${file} is no JSON object.\n`,
  });
  const { code, stderr } = await runCli(commands, ['get', '/ok', '--url', server.url], { env });
  expect([code, stderr]).toEqual([2, `Error: ${file} is no JSON object.\n  Write it anew: \`quartermaster setup\`.\n`]);
  const signal = AbortSignal.abort(new Error('interrupted'));
  expect(await runCli(commands, ['wait'], { env, signal })).toMatchObject({ code: 130, stderr: 'Interrupted.\n' });
});

it('warns of a file that others can read, on standard error', async () => {
  const file = join(home, 'open.json');
  writeFileSync(file, '{}', { mode: 0o644 });
  const { code, stdout, stderr } = await runCli(commands, ['get', '/ok', '--json'], {
    ...server,
    env: { QUARTERMASTER_CONFIG: file },
  });
  expect([code, JSON.parse(stdout), stderr]).toEqual([
    0,
    { a: 1 },
    `${file} can be read by others: chmod 600 ${file}\n`,
  ]);
});

it('takes the token from a file, and from standard input', async () => {
  const file = join(home, 'token');
  writeFileSync(file, 'of-a-file\n');
  await runCli(commands, ['get', '/ok', '--token-file', file], server);
  await runCli(commands, ['get', '/ok', '--token-file', '-'], { ...server, stdin: 'of-stdin\n' });
  expect(server.seen.slice(-2).map(({ headers }) => headers.authorization)).toEqual([
    'token of-a-file',
    'token of-stdin',
  ]);
});

it('asks for it on a terminal, where typing would be seen', async () => {
  const prompts = { isInteractive: true, secret: () => Promise.resolve('typed') };
  await runCli(commands, ['get', '/ok', '--token-file', '-'], { ...server, prompts });
  expect(server.seen.at(-1)?.headers.authorization).toBe('token typed');
});

it('shows each request with --verbose, without the token', async () => {
  const { stdout, stderr } = await runCli(commands, ['get', '/ok', '--verbose'], server);
  expect([stdout, stderr]).toEqual(['{"a":1}\n', expect.stringMatching(/^GET http:\S+\/ok → 200 in \d+ ms\n$/)]);
});

it('has colours on a terminal, unless NO_COLOR or TERM=dumb is set', async () => {
  const print = async (env: NodeJS.ProcessEnv, isTerminal: boolean): Promise<string> =>
    (await runCli(commands, ['get', '/ok'], { ...server, env, isTerminal })).stdout;
  expect(await print({}, true)).toBe('\u001b[32m{"a":1}\u001b[39m\n');
  expect(await print({ NO_COLOR: '' }, true)).toContain('\u001b[');
  for (const [env, isTerminal] of [
    [{}, false],
    [{ NO_COLOR: '1' }, true],
    [{ TERM: 'dumb' }, true],
  ] as const) {
    expect(await print(env, isTerminal)).toBe('{"a":1}\n');
  }
});

it('is interrupted while it waits for standard input', async () => {
  const interruption = new AbortController();
  setTimeout(() => interruption.abort(new Error('interrupted')), 20);
  const stdin = new Promise<string>(() => {});
  const ran = await runCli(commands, ['get', '/ok', '--token-file', '-'], {
    ...server,
    stdin,
    signal: interruption.signal,
  });
  expect(ran).toMatchObject({ code: 130, stderr: 'Interrupted.\n' });
});

it('takes an answer of another form for another service’s', async () => {
  const { code, stderr } = await runCli(commands, ['look', '/null'], server);
  expect([code, stderr]).toEqual([3, expect.stringContaining(`GET ${server.url}/null → 200`)]);
  expect(stderr).toMatch(/^Error: The answer of \S+ is not Quartermaster’s, or of another version of it\.\n/);
  const debug = await runCli(commands, ['look', '/null'], { ...server, env: { QUARTERMASTER_DEBUG: '1' } });
  expect(debug.stderr).toMatch(/^TypeError: .*\n +at /);
});

it('repeats in its advice the server that was named', async () => {
  const { stderr } = await runCli(commands, ['get', '/503', '--url', `${server.url}/`], server);
  expect(stderr).toContain(`\`quartermaster doctor --url ${server.url}/\` shows`);
});

it('lets a bug through, and nothing else', async () => {
  await expect(runCli(commands, ['broken'], server)).rejects.toThrow('a bug');
  expect(new Failure(1, 'x').advising('do y').details.next).toBe('do y');
});
