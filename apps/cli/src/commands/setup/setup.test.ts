import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusal, runCli, serve, type Ran, type RunOptions, type TestServer } from '../../testing/run-cli.js';
import { setupCommands } from './setup.js';

const TOKEN = 's3cret-token';
let server: TestServer;
let home: string;
let file: string;
let hasRedis = true;
beforeAll(async () => {
  server = await serve(({ path, headers, body }) => {
    if (path === '/') return { text: 'Ahoy! This is Quartermaster 0.1.0. See docs/api.md.' };
    if (path === '/v0/list') {
      if (body.includes('token=of-johny')) return { json: { status: 'ok', result: [] } };
      return { status: 401, json: { status: 'unauthorized', status_message: 'Send the name and the token.' } };
    }
    if (headers.authorization !== `token ${TOKEN}`) return refusal(403, 'unknown-token', 'It matches no token.');
    return hasRedis ? { json: { processes: [] } } : refusal(503, 'redis-unavailable', 'Redis does not answer.');
  });
});
afterAll(() => server.close());
beforeEach(() => {
  hasRedis = true;
  home = mkdtempSync(join(tmpdir(), 'qm-setup-'));
  file = join(home, '.config/quartermaster/config.json');
});
afterEach(() => rmSync(home, { recursive: true }));

const setup = async (argv: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const ran = await runCli(setupCommands, ['setup', ...argv], { home, stdin: TOKEN, ...options });
  expect(ran.stdout + ran.stderr).not.toContain(TOKEN);
  return ran;
};
const written = (): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Answers the questions in their order; '' is Enter. */
function answering(answers: readonly string[]): { prompts: NonNullable<RunOptions['prompts']>; asked: string[] } {
  const asked: string[] = [];
  const left = [...answers];
  const next = (question: string): string => {
    asked.push(question);
    return left.shift() ?? '';
  };
  return {
    asked,
    prompts: {
      isInteractive: true,
      input: async (question, { default: standard = '', check = () => true } = {}) => {
        const answer = next(`${question} [${standard}]`) || standard;
        expect(check(answer)).toBe(true);
        return answer;
      },
      secret: async (question, check = () => true) => {
        const answer = next(question);
        expect(check(answer)).toBe(true);
        return answer;
      },
      confirm: async (question) => next(question) === 'y',
    },
  };
}

describe('where nobody can be asked', () => {
  it('checks URL and token, and writes them for the owner alone', async () => {
    const { code, stdout, stderr } = await setup(['--url', `${server.url}/`, '--token-file', '-']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `Quartermaster 0.1.0 answers at ${server.url}/ and takes the token.\nWritten to ${file}, which only you can read.\n\n` +
        'Try:\n  quartermaster doctor\n  quartermaster instances\n',
    );
    expect(written()).toEqual({ url: server.url, token: TOKEN });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('writes nothing where the token is wrong or the server away, unless told to', async () => {
    const wrong = await setup(['--url', server.url, '--token-file', '-'], { stdin: 'wrong' });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was written.') });
    const away = ['--url', 'http://127.0.0.1:9', '--token-file', '-'];
    expect((await setup(away)).code).toBe(3);
    expect(existsSync(file)).toBe(false);
    expect(await setup([...away, '--force'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('was not checked'),
    });
    expect(written()).toEqual({ url: 'http://127.0.0.1:9', token: TOKEN });
  });

  it('says what it needs', async () => {
    expect(await setup([])).toMatchObject({ code: 2, stderr: expect.stringContaining('Give --url and --token-file') });
    expect(await setup(['--url', server.url])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--token-file'),
    });
    const withAccount = ['--url', server.url, '--token-file', '-', '--account', 'a'];
    expect(await setup(withAccount)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--account-token-file'),
    });
  });

  it('takes a server that can not work at the moment, and says so', async () => {
    hasRedis = false;
    const { code, stderr } = await setup(['--url', server.url, '--token-file', '-']);
    expect([code, stderr]).toEqual([0, 'It can not work at the moment: Redis does not answer.\n']);
  });

  it('checks an account too, and keeps the rest of the file', async () => {
    await setup(['--url', server.url, '--token-file', '-']);
    const account = ['--account', 'johny2', '--account-token-file', '-'];
    expect(await setup(account, { stdin: 'wrong' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not take the CouchDB account johny2'),
    });
    expect((await setup(account, { stdin: 'of-johny' })).code).toBe(0);
    expect(written()).toEqual({ url: server.url, token: TOKEN, account: 'johny2', account_token: 'of-johny' });
  });

  it('takes the account of another server out of the file, and says so', async () => {
    const former = { account: 'johny2', account_token: 'of-johny' };
    const write = (found: object): void => writeFileSync(file, JSON.stringify(found), { mode: 0o600 });
    await setup(['--url', server.url, '--token-file', '-']);
    write({ url: 'https://other.example.com', token: 'other', ...former });
    const { code, stderr } = await setup(['--url', server.url, '--token-file', '-']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('account johny2 in')]);
    expect(stderr).toContain('was of https://other.example.com: name and token were taken out');
    expect(written()).toEqual({ url: server.url, token: TOKEN });
    // Kept with `accounts create --save`, while the server was set by a variable.
    write(former);
    const unknown = await setup(['--url', server.url, '--token-file', '-']);
    expect(unknown.stderr).toContain('not known to be of this server');
    expect(written()).toEqual({ url: server.url, token: TOKEN });
    write({ url: `${server.url}/`, token: 'old', ...former });
    expect((await setup(['--url', server.url, '--token-file', '-'])).stderr).toBe('');
    expect(written()).toEqual({ url: server.url, token: TOKEN, ...former });
  });

  it('prints what it did as JSON, without the token', async () => {
    const { stdout } = await setup(['--url', server.url, '--token-file', '-', '--json']);
    expect(JSON.parse(stdout)).toEqual({ file, url: server.url, checked: true, server_version: '0.1.0' });
  });

  it('writes a broken file anew', async () => {
    await setup(['--url', server.url, '--token-file', '-']);
    writeFileSync(file, 'oops');
    const { code, stderr } = await setup(['--url', server.url, '--token-file', '-']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('is no JSON object.')]);
    expect(written()).toEqual({ url: server.url, token: TOKEN });
  });

  it('takes over AWSuper’s settings', async () => {
    const { hostname: host, port } = new URL(server.url);
    writeFileSync(join(home, '.awsuper'), JSON.stringify({ token: TOKEN, server: { protocol: 'http', host, port } }));
    const { code, stderr } = await setup([]);
    expect([code, stderr]).toEqual([0, `Found AWSuper’s settings in ${join(home, '.awsuper')}.\n`]);
    expect(written()).toEqual({ url: server.url, token: TOKEN });
  });

  it('says where a variable goes before what it wrote', async () => {
    const env = { QUARTERMASTER_URL: 'http://127.0.0.1:9' };
    const { stderr } = await setup(['--url', server.url, '--token-file', '-'], { env });
    expect(stderr).toBe('QUARTERMASTER_URL is set too, and goes before the file.\n');
  });
});

describe('on a terminal', () => {
  it('asks for both, with what is set as the default', async () => {
    const first = answering([server.url, TOKEN]);
    expect((await setup([], first)).code).toBe(0);
    expect(first.asked).toEqual(['URL of the server: []', 'Token (it is not shown):']);
    const second = answering(['', '']);
    expect((await setup([], second)).code).toBe(0);
    expect(second.asked).toEqual([
      `URL of the server: [${server.url}]`,
      `Token (not shown; Enter keeps that of ${file}):`,
    ]);
    expect(written()).toEqual({ url: server.url, token: TOKEN });
  });

  it('does not offer the token of another server', async () => {
    await setup(['--url', 'https://live.example.com', '--token-file', '-', '--force']);
    const { prompts, asked } = answering([server.url, TOKEN]);
    await setup([], { prompts });
    expect(asked[1]).toBe('Token (it is not shown):');
  });

  it('asks whether to keep what the server does not take', async () => {
    writeFileSync(join(home, 'token'), 'wrong');
    const line = ['--url', server.url, '--token-file', join(home, 'token')];
    const declined = await setup(line, answering(['n']));
    expect(declined).toMatchObject({ code: 1, stderr: expect.stringContaining('It matches no token.') });
    expect(existsSync(file)).toBe(false);
    expect((await setup([], answering([server.url, 'wrong', 'y']))).code).toBe(0);
    expect(written()).toEqual({ url: server.url, token: 'wrong' });
  });

  it('asks again after a no, with what was typed as the default', async () => {
    const mistyped = 'http://127.0.0.1:9';
    const { prompts, asked } = answering([mistyped, TOKEN, 'n', server.url, '']);
    expect((await setup([], { prompts })).code).toBe(0);
    expect(asked.slice(3)).toEqual([
      `URL of the server: [${mistyped}]`,
      'Token (not shown; Enter keeps what was typed):',
    ]);
    expect(written()).toEqual({ url: server.url, token: TOKEN });
  });

  it('does not send the account’s token to another server that is typed', async () => {
    await setup(['--url', server.url, '--token-file', '-']);
    const former = { url: 'https://other.example.com', token: 'other', account: 'johny2', account_token: 'of-other' };
    writeFileSync(file, JSON.stringify(former), { mode: 0o600 });
    const { prompts, asked } = answering([server.url, TOKEN, 'of-johny']);
    expect((await setup(['--account', 'johny2'], { prompts })).code).toBe(0);
    expect(asked[2]).toBe('Token of the CouchDB account johny2 (it is not shown):');
    expect(server.seen.filter(({ body }) => body.includes('of-other'))).toEqual([]);
    expect(written()).toEqual({ url: server.url, token: TOKEN, account: 'johny2', account_token: 'of-johny' });
  });

  it('asks for nothing that the line says', async () => {
    const { prompts, asked } = answering([]);
    writeFileSync(join(home, 'token'), TOKEN);
    await setup(['--url', server.url, '--token-file', join(home, 'token')], { prompts });
    expect(asked).toEqual([]);
  });
});
