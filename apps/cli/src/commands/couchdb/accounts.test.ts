import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusal, runCli, serve, type Answer, type RunOptions, type TestServer } from '../../testing/run-cli.js';
import { accountCommands } from './accounts.js';

const TOKEN = 'mUJ3qXcZ0xkq0r0b2kq5n6v7wYpTt1aB';

let answer: (method: string, path: string) => Answer | undefined;
let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await serve(({ method, path }) => answer(method, path));
});
beforeEach(() => {
  server.seen.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'qm-accounts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => server.close());

const accounts = (line: string, options: RunOptions = {}): ReturnType<typeof runCli> =>
  runCli(accountCommands, ['accounts', ...line.split(' ').filter(Boolean)], {
    url: server.url,
    env: { QUARTERMASTER_CONFIG: join(folder, 'config.json') },
    ...options,
  });
const kept = (): unknown => JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));

it('lists accounts with the number of their clusters', async () => {
  const list = [{ username: 'ann', created_at: new Date(Date.now() - 7_200_000).toISOString(), clusters: 2 }];
  answer = () => ({ json: { accounts: list } });
  expect((await accounts('')).stdout).toMatch(/^ann {13}2 {2}2h ago$/m);
});

it('makes an account, shows its token this once, and keeps it only where that is asked for', async () => {
  answer = () => ({ status: 201, json: { username: 'ann', token: TOKEN, created_at: '2026-11-21T12:15:02.871Z' } });
  const { stdout, stderr } = await accounts('create ann');
  expect(stdout).toBe(`Account ann is made.\nToken  ${TOKEN}\n`);
  expect(stderr).toContain('It is shown this once');
  expect(kept).toThrow('ENOENT');
  expect(server.seen[0]).toMatchObject({ method: 'POST', path: '/accounts', body: '{"username":"ann"}' });
  expect(server.seen[0]?.headers).not.toHaveProperty('idempotency-key');

  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ url: server.url, token: 'one-of-the-server' }), { mode: 0o600 });
  expect((await accounts('create ann --save')).stderr).toContain(`kept in ${file}`);
  expect(kept()).toEqual({ url: server.url, token: 'one-of-the-server', account: 'ann', account_token: TOKEN });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('keeps with it the server that it is for, so that it goes to no other', async () => {
  answer = () => ({ status: 201, json: { username: 'ann', token: TOKEN, created_at: '2026-11-21T12:15:02.871Z' } });
  await accounts('create ann --save');
  expect(kept()).toEqual({ url: server.url, account: 'ann', account_token: TOKEN });
});

it('takes the token from standard input and does not show it again', async () => {
  answer = () => ({ status: 201, json: { username: 'ann', token: 'chosen-by-ann', created_at: '' } });
  const { stdout, stderr } = await accounts('create ann --account-token-file -', { stdin: 'chosen-by-ann\n' });
  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ username: 'ann', token: 'chosen-by-ann' });
  expect(stdout + stderr).not.toContain('chosen-by-ann');
});

it('does not send the token of the account that is set already', async () => {
  answer = () => ({ json: { username: 'ann', token: TOKEN } });
  const env = { QUARTERMASTER_ACCOUNT: 'ann', QUARTERMASTER_ACCOUNT_TOKEN: 'former-token' };
  await accounts('rotate ann', { env });
  expect(server.seen[0]).toMatchObject({ path: '/accounts/ann/rotate', body: '{}' });
});

it('refuses to keep an account beside the address of another server, before it is made', async () => {
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ url: 'http://elsewhere.example' }), { mode: 0o600 });
  expect(await accounts('create ann --save')).toMatchObject({ code: 2, stderr: expect.stringContaining('elsewhere') });
  expect(server.seen).toEqual([]);
});

it('refuses it also where the file’s address is none', async () => {
  const file = { url: 'quartermaster.example.com' };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(file), { mode: 0o600 });
  const { code, stderr } = await accounts(`create ann --save --url ${server.url}`);
  expect([code, stderr]).toEqual([2, expect.stringContaining('config.json is for quartermaster.example.com: ')]);
  expect(server.seen).toEqual([]);
});

it('says when the file is left with a token that is wrong now', async () => {
  answer = () => ({ json: { username: 'ann', token: TOKEN } });
  const config = { url: server.url, account: 'ann', account_token: 'former-token' };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  expect((await accounts('rotate ann')).stderr).toContain('still has the former token');
  expect((await accounts('rotate ann --save')).stderr).not.toContain('still has');
});

it('asks before it deletes, and says which clusters are in the way', async () => {
  answer = () => refusal(409, 'account-has-clusters', 'Account ann has clusters, which must be deleted first: shop.');
  const asked = { isInteractive: true, confirm: () => Promise.resolve(false) };
  expect(await accounts('delete ann', { prompts: asked })).toMatchObject({ code: 1, stderr: 'Nothing was deleted.\n' });
  expect(server.seen).toEqual([]);
  const { code, stderr } = await accounts('delete ann --yes', { prompts: asked });
  expect([code, stderr]).toEqual([1, expect.stringContaining('quartermaster couchdb delete <tag> --account ann')]);
  answer = () => ({ status: 204, text: '' });
  expect(await accounts('delete ann')).toMatchObject({ code: 0, stdout: 'Account ann is deleted.\n' });
  expect(JSON.parse((await accounts('delete ann --json')).stdout)).toEqual({ username: 'ann', deleted: true });
});

it('sends nothing twice, and says what to do when an answer is lost', async () => {
  answer = () => 'cut';
  const lost = async (line: string): Promise<string> => {
    const { code, stderr } = await accounts(line);
    expect(code).toBe(3);
    return stderr;
  };
  expect(await lost('create ann')).toContain('`quartermaster accounts rotate ann` gives it a token that you see');
  expect(await lost('rotate ann')).toContain('Rotate it again');
  expect(await lost('delete ann')).toContain('See whether it is gone: `quartermaster accounts`');
  expect(server.seen).toHaveLength(3);
});

it('says that an administrator’s token is needed', async () => {
  answer = () => refusal(403, 'admin-only', 'This is for administrators.');
  const { code, stderr } = await accounts('');
  expect([code, stderr]).toEqual([1, expect.stringContaining('403 Forbidden (admin-only)')]);
  expect(stderr).toContain('ADMIN_TOKENS');
});
