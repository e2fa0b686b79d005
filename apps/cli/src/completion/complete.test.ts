import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineCommand, type Command } from '../command.js';
import { runCli, serve, TEST_TOKEN, type Answer, type Ran, type TestServer } from '../testing/run-cli.js';

let answer: Answer;
let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await serve(() => answer);
  folder = mkdtempSync(join(tmpdir(), 'qm-complete-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});
beforeEach(() => {
  answer = { json: ['My Stack', 'a:b', 'new\nline', 'red\u001b[31m'] };
  server.seen.length = 0;
});

let never: Promise<readonly string[]> | undefined;
const list = defineCommand({
  name: 'list',
  group: 'Stacks and tasks',
  summary: 'List',
  options: [
    { flags: '-s, --stack <name>', summary: 'A: stack', completion: (api) => never ?? api.get('/stacks') },
    {
      flags: '--who <name>',
      summary: 'Who',
      completion: async (_api, { current }, account) => [`${current}+${account?.username}`],
    },
    { flags: '--set <k=v>', summary: 'A pair', completion: ['stack=', 'layer='] },
  ],
  examples: [],
  run: async () => {},
});
const commands: readonly Command[] = [list];

const bash = (line: string, options = {}): Promise<Ran> =>
  runCli(commands, ['complete', 'bash', ' \t"\'=:', line], { ...server, ...options });
const zsh = (...words: string[]): Promise<Ran> => runCli(commands, ['complete', 'zsh', ...words], server);
const NOTHING = { code: 0, stdout: 'words\n', stderr: '' };

it('gives bash what fits, quoted as the line asks for', async () => {
  expect(await bash('qm list -s M')).toEqual({ code: 0, stdout: 'words\nMy\\ Stack\n', stderr: '' });
  expect((await bash('qm list --stack="M')).stdout).toBe('words\nMy Stack\n');
  expect((await bash('qm list --stack=a:')).stdout).toBe('words\nb\n');
});

it('gives zsh everything, with what it means, and no name that would break the line', async () => {
  expect((await zsh('list', '-s', '')).stdout).toBe('words\nMy Stack\na\\:b\n');
  expect((await zsh('list', '--s')).stdout).toContain('--stack:A: stack\n');
});

it('says how the shell shall take it', async () => {
  expect((await bash('qm list --set ')).stdout).toBe('nospace\nstack=\nlayer=\n');
  expect((await bash('qm list --token-file ')).stdout).toBe('files\n');
});

it('completes the last part of a list, without what stands in it', async () => {
  expect((await bash('qm list -s a:b,')).stdout).toBe('words\nb,My\\ Stack\n');
});

it('asks with the token that is set', async () => {
  await bash('qm list -s ');
  expect(server.seen[0]?.headers.authorization).toBe(`token ${TEST_TOKEN}`);
});

it('asks the server and with the token that the line names', async () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'another-token\n');
  const line = `qm list --url ${server.url} --token-file ${file} -s M`;
  expect((await bash(line, { url: 'http://127.0.0.1:1' })).stdout).toContain('My\\ Stack');
  expect(server.seen[0]?.headers.authorization).toBe('token another-token');
  // The terminal is not read.
  expect((await bash('qm list --token-file - -s M')).stdout).toContain('My\\ Stack');
});

it('tells what is typed of the word, and the account', async () => {
  const env = { QUARTERMASTER_ACCOUNT: 'org', QUARTERMASTER_ACCOUNT_TOKEN: 'x' };
  expect((await bash('qm list --who=ab', { env })).stdout).toBe('words\nab+org\n');
});

it('offers nothing and says nothing where anything is wrong', async () => {
  answer = { status: 403, json: { errors: [] } };
  expect(await bash('qm list -s ')).toEqual(NOTHING);
  answer = { text: 'no JSON' };
  expect(await bash('qm list -s ')).toEqual(NOTHING);
  expect(await bash('qm list -s ', { url: 'http://127.0.0.1:1' })).toEqual(NOTHING);
  expect(await bash('qm list -s ', { url: undefined })).toEqual(NOTHING);
  expect(await bash('qm list --token-file /nonexistent -s ')).toEqual(NOTHING);
  expect((await runCli(commands, ['complete'], server)).code).toBe(0);
});

it('completes what needs no server though the configuration is broken', async () => {
  const file = join(folder, 'config.json');
  writeFileSync(file, 'no JSON');
  const env = { QUARTERMASTER_CONFIG: file };
  expect((await bash('qm li', { env })).stdout).toBe('words\nlist\n');
  expect(await bash('qm list -s ', { env, url: undefined })).toEqual(NOTHING);
});

it('waits for no slow server', async () => {
  never = new Promise(() => {});
  const startedAt = Date.now();
  expect(await bash('qm list -s ')).toEqual(NOTHING);
  expect(Date.now() - startedAt).toBeGreaterThan(1400);
  never = undefined;
});
