import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isServerUrl, isUnencrypted, loadSettings, type Settings, type SettingsSources } from './settings.js';

let home: string;
let config: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'qm-settings-'));
  config = join(home, '.config/quartermaster/config.json');
  mkdirSync(join(home, '.config/quartermaster'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

const put = (file: string, content: unknown): void => writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
const load = (
  flags: SettingsSources['flags'] = {},
  env: NodeJS.ProcessEnv = {},
  stdin = 'typed-token\n',
): Promise<Settings> => loadSettings({ flags, env, home, readStdin: () => Promise.resolve(stdin) });

it('takes options before variables before the file before AWSuper’s', async () => {
  put(join(home, '.awsuper'), { token: 'of-awsuper', server: { host: 'awsuper' } });
  expect(await load()).toMatchObject({ url: { value: 'http://awsuper:4242' }, token: { value: 'of-awsuper' } });
  put(config, { url: 'http://file', token: 'of-file' });
  expect(await load()).toMatchObject({ url: { value: 'http://file', source: config }, token: { value: 'of-file' } });
  const env = { QUARTERMASTER_URL: 'http://variable', QUARTERMASTER_TOKEN: ' of-variable\n' };
  expect(await load({}, env)).toMatchObject({
    url: { value: 'http://variable', source: 'QUARTERMASTER_URL' },
    token: { value: 'of-variable', source: 'QUARTERMASTER_TOKEN' },
  });
  expect(await load({ url: 'http://option', tokenFile: '-' }, env)).toMatchObject({
    url: { value: 'http://option', source: '--url' },
    token: { value: 'typed-token', source: 'standard input' },
  });
});

it('sends a file’s token to no other server than the file’s', async () => {
  put(config, { url: 'https://live.example.com', token: 'of-live', account: 'a', account_token: 'of-a' });
  const settings = await load({ url: 'http://127.0.0.1:5000' });
  expect([settings.token, settings.accountToken]).toEqual([undefined, undefined]);
  expect(settings.tokenOfOther).toEqual({ source: config, url: 'https://live.example.com' });
  expect((await load({ url: 'https://live.example.com/' })).token?.value).toBe('of-live');
});

it('sends a file’s token to no server where the file’s address is none', async () => {
  const url = 'quartermaster.example.com';
  put(config, { url, token: 'of-live', account: 'a', account_token: 'of-a' });
  const settings = await load({ url: 'http://127.0.0.1:5000' });
  expect([settings.token, settings.accountToken]).toEqual([undefined, undefined]);
  expect(settings.tokenOfOther).toEqual({ source: config, url });
});

it.each([
  ['06869f7f2d4f3e6a4aad91d2', 'another address'],
  ['eyJabc.def.ghi', 'another address'],
  ['https://me:s3cret@h/qm', 'https://h/qm'],
])('shows no secret that a file has in the place of its address: %s', async (url, shown) => {
  put(config, { url, token: 'of-live' });
  expect((await load({ url: 'http://127.0.0.1:5000' })).tokenOfOther?.url).toBe(shown);
});

it('gives an account’s token to this account only', async () => {
  put(config, { url: 'http://file', token: 't', account: 'a', account_token: 'of-a' });
  expect((await load()).accountToken?.value).toBe('of-a');
  expect((await load({ account: 'b' })).accountToken).toBeUndefined();
  expect((await load({ account: 'a' })).accountToken?.value).toBe('of-a');
});

it('refuses options that can not be used', async () => {
  await expect(load({ url: 'localhost' })).rejects.toThrow(/^--url must be an address like/);
  await expect(load({ tokenFile: join(home, 'none') })).rejects.toThrow('--token-file: ');
  await expect(load({ tokenFile: '-' }, {}, ' \n')).rejects.toThrow('--token-file: standard input is empty.');
  await expect(load({ tokenFile: '-', accountTokenFile: '-' })).rejects.toThrow('can not both read standard input');
});

it('collects what is wrong elsewhere', async () => {
  writeFileSync(config, 'oops', { mode: 0o600 });
  const { problems, url, token } = await load({}, { QUARTERMASTER_URL: 'ftp://x', QUARTERMASTER_TOKEN: 'two words' });
  expect(problems.map(({ message }) => message)).toEqual([
    `${config} is no JSON object.`,
    'QUARTERMASTER_URL must be an address like https://quartermaster.example.com, not ftp://x.',
    'The token in QUARTERMASTER_TOKEN must be one word of printable ASCII.',
  ]);
  expect([url, token]).toEqual([undefined, undefined]);
});

it('shows neither a login nor a token that stands in the place of a URL', async () => {
  for (const url of ['06869f7f2d4f3e6a4aad91d2', 'eyJabc.def.ghi']) {
    await expect(load({ url })).rejects.toThrow(/example\.com\.$/);
  }
  for (const url of ['https://me:s3cret@h/qm', 'https://h/qm?token=s3cret', 'https://h/qm#s3cret']) {
    await expect(load({ url })).rejects.toThrow(/example\.com: https:\/\/h\/qm has a login, \? or # with it\.$/);
  }
  await expect(load({ url: 'localhost:5000' })).rejects.toThrow(/, not localhost:5000\.$/);
});

it('shows no token that stands in the place of its file', async () => {
  for (const tokenFile of ['06869f7f2d4f3e6a4aad91d2', 'eyJabcdefghi.eyJabc.def']) {
    await expect(load({ tokenFile })).rejects.toThrow('--token-file: what it names can not be read (ENOENT).');
  }
  await expect(load({ tokenFile: 'token' })).rejects.toThrow('--token-file: token can not be read (ENOENT).');
});

it('reads no files of a user without a home', async () => {
  const before = process.cwd();
  put(config, { url: 'http://of-this-folder' });
  put(join(home, '.awsuper'), { token: 't' });
  process.chdir(home);
  try {
    const settings = await loadSettings({ flags: {}, env: {}, home: '', readStdin: () => Promise.resolve('') });
    expect(settings).toEqual({ warnings: [], problems: [] });
  } finally {
    process.chdir(before);
  }
});

it('knows what is an address', () => {
  for (const url of ['http://[::1]:5000', 'https://a.example.com/qm', 'http://localhost:5000/']) {
    expect([url, isServerUrl(url)]).toEqual([url, true]);
  }
  for (const url of ['localhost:5000', 'ws://a', 'https://a?b=c', 'https://a#b', 'https://u@a', '']) {
    expect([url, isServerUrl(url)]).toEqual([url, false]);
  }
});

it('knows where a token goes in the clear', () => {
  expect(['http://a', 'http://10.0.0.1'].every(isUnencrypted)).toBe(true);
  expect(['https://a', 'http://localhost:1', 'http://127.0.0.1', 'http://[::1]:2'].some(isUnencrypted)).toBe(false);
});
