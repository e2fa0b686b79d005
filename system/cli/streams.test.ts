import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { serve, type TestServer } from '../../apps/cli/src/testing/run-cli';
import { CLI_MAIN, openCliUser, type CliUser } from '../harness/cli';

let server: TestServer;
let user: CliUser;
beforeAll(async () => {
  const overview = { processes: [], queues: [], caches: [], open_jobs: 0, discovery: 'off' };
  server = await serve(() => ({ json: overview }));
  user = openCliUser({ webUrl: server.url });
});
afterAll(async () => {
  await user.leave();
  await server.close();
});

/** Runs a line of bash in which `qm` is the program. */
async function bash(line: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; stderr: string }> {
  const script = `set -o pipefail; qm() { '${process.execPath}' '${CLI_MAIN}' "$@"; }; ${line}`;
  const child = spawn('bash', ['-c', script], {
    cwd: user.home,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: user.home,
      QUARTERMASTER_URL: server.url,
      QUARTERMASTER_TOKEN: 'some-token',
      ...env,
    },
  });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  return { code, stderr };
}

it('fails where its output is lost, and says so', async () => {
  const { code, stderr } = await bash('qm processes --json > /dev/full');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^Error: Standard output could not be written: ENOSPC/)]);
});

it('ends as by SIGPIPE where nobody reads its output', async () => {
  expect(await bash('qm processes --json | true; exit ${PIPESTATUS[0]}')).toEqual({ code: 141, stderr: '' });
});

it('goes on where only its notes are lost', async () => {
  expect((await bash('qm processes --json --verbose 2> /dev/full')).code).toBe(0);
});

it('reads no settings of the folder it stands in where HOME is empty', async () => {
  mkdirSync(join(user.home, '.config/quartermaster'), { recursive: true });
  writeFileSync(join(user.home, '.config/quartermaster/config.json'), '{"url":"http://stray","token":"t"}');
  for (const HOME of ['', '.']) {
    const unset = { HOME, QUARTERMASTER_URL: '', QUARTERMASTER_TOKEN: '' };
    expect(await bash('qm instances', unset)).toMatchObject({ code: 2, stderr: expect.stringContaining('No server') });
  }
  const { code, stderr } = await bash(`echo t > token; qm setup --force --url ${server.url} --token-file token`, {
    HOME: '',
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('You have no home folder to keep settings in.')]);
});

it('ends at once by a signal while it waits for standard input', async () => {
  const child = spawn(process.execPath, [CLI_MAIN, 'instances', '--token-file', '-', '--url', server.url], {
    env: { PATH: process.env['PATH'], HOME: user.home },
  });
  await once(child, 'spawn');
  // Until it listens for signals.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  child.kill('SIGTERM');
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  expect([code, stderr]).toEqual([130, 'Interrupted.\n']);
});

it('asks whoever sits at the terminal, though standard error goes to a file', async () => {
  const log = join(user.home, 'err');
  closeSync(openSync(log, 'w'));
  const terminal = user.open(`accounts delete johny 2> '${log}'`);
  await terminal.until('Delete account johny?');
  const before = server.seen.filter(({ method }) => method === 'DELETE').length;
  terminal.type('n\r');
  expect([await terminal.ended, server.seen.filter(({ method }) => method === 'DELETE').length]).toEqual([1, before]);
});
