import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@quartermaster/testing';
import { effectsOf } from '../harness/builds';
import { openCliUser, type CliUser } from '../harness/cli';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';

let system: System;
let lane: Lane;
beforeAll(async () => {
  // Slow enough that a bar is seen between its ends.
  system = await startSystem({ SANDBOX_BOOT_MS: '700', SANDBOX_CLOUD_INIT_MS: '700' });
  lane = await system.openLane();
});
afterAll(() => system.stop());

let user: CliUser;
beforeEach(() => {
  user = openCliUser(lane);
});
afterEach(() => user.leave());

// oxlint-disable-next-line no-control-regex -- the escape that begins a colour
const COLOR = /\u001b\[[\d;]*m/;
const BUILD = 'build --site org --env staging --queue docker -t c3.2xlarge';

const launches = async (): Promise<number> => (await effectsOf(system.sandbox, 'RunInstances')).length;
const newIds = (screen: string): string[] => [...new Set(screen.match(/\bi-[0-9a-f]{17}\b/g) ?? [])];

describe('a newcomer', () => {
  it('runs setup, types the address and a token that no screen shows, and then doctor', async () => {
    const newcomer = openCliUser();
    const setup = newcomer.open('setup');
    await setup.until('URL of the server:');
    setup.type(lane.webUrl);
    setup.press('enter');
    await setup.until('Token (it is not shown):');
    setup.type(TOKEN);
    await setup.until(/Token.*shown/);
    setup.press('enter');
    expect([await setup.ended, setup.screen()]).toEqual([0, expect.stringContaining('takes the token')]);
    expect(setup.output()).not.toContain(TOKEN);
    // Not piece by piece either.
    expect(setup.output()).not.toContain(TOKEN.slice(0, 6));

    const file = join(newcomer.home, '.config/quartermaster/config.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ url: lane.webUrl, token: TOKEN });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(newcomer.home, '.config/quartermaster')).mode & 0o777).toBe(0o700);

    const doctor = newcomer.open('doctor');
    expect([await doctor.ended, doctor.screen()]).toEqual([0, expect.stringContaining(lane.webUrl)]);
    for (const part of ['0.1.0', 'mini-worker', 'worker', 'serves 7 queues']) expect(doctor.screen()).toContain(part);
    expect(doctor.output()).not.toContain(TOKEN);
    await newcomer.leave();
  });

  it('is told at once where the token is wrong, and may still go back', async () => {
    const newcomer = openCliUser();
    const setup = newcomer.open(`setup --url ${lane.webUrl}`);
    await setup.until('Token');
    setup.type('no-such-token-0123456789');
    setup.press('enter');
    const screen = await setup.until('Keep these settings all the same?');
    expect(screen).toContain('The Authorization header matches no token.');
    setup.type('n');
    setup.press('enter');
    // Asked anew; whoever has had enough goes.
    await setup.until('Nothing was written. Correct it');
    setup.press('ctrl-c');
    expect(await setup.ended).toBe(130);
    expect(() => statSync(join(newcomer.home, '.config'))).toThrow('ENOENT');
    await newcomer.leave();
  });

  it('leaves by Ctrl-C, and nothing is written', async () => {
    const newcomer = openCliUser();
    const setup = newcomer.open('setup');
    await setup.until('URL of the server:');
    setup.press('ctrl-c');
    expect([await setup.ended, setup.screen()]).toEqual([130, expect.stringContaining('Interrupted.')]);
    await newcomer.leave();
  });
});

describe('builds and terminations', () => {
  it('are asked about, watched to their end with a bar that moves, listed, and terminated', async () => {
    const build = user.open(`${BUILD} --count 2 --watch`);
    const question = await build.until(/Build 2 .*\?/);
    expect(question).toMatch(/2 worker instances of type c3\.2xlarge for org\/staging\/docker.*\?/);
    build.type('y');
    build.press('enter');
    expect(await build.ended).toBe(0);
    expect(build.screen()).toMatch(/Build \S+ is finished: 2 of 2 instances have reported/);
    // An empty bar, and a full one.
    expect(build.everSeen('░'.repeat(24))).toBe(true);
    expect(build.everSeen('█'.repeat(24))).toBe(true);
    // The bar is drawn over itself, and the cursor is there again.
    expect(build.screen().match(/[█░]{24}/g)).toHaveLength(1);
    expect(build.output().lastIndexOf('\u001b[?25h')).toBeGreaterThan(build.output().lastIndexOf('\u001b[?25l'));

    const ids = newIds(build.screen());
    expect(ids).toHaveLength(2);
    const list = user.open('instances --site org --env staging');
    expect(await list.ended).toBe(0);
    for (const id of ids) expect(list.screen()).toContain(id);

    const terminate = user.open(`terminate ${ids.join(' ')} --wait`);
    await terminate.until(/Terminate 2 instances.*\?/);
    terminate.type('y');
    terminate.press('enter');
    expect([await terminate.ended, terminate.screen()]).toEqual([0, expect.stringContaining('2 of 2 terminated')]);
  });

  it('do not begin where the answer is no, or only Enter, or Ctrl-C', async () => {
    const before = await launches();
    for (const [answer, code] of [
      ['n', 1],
      ['', 1],
      ['ctrl-c', 130],
    ] as const) {
      const build = user.open(BUILD);
      await build.until(/Build 1 .*\?/);
      if (answer === 'ctrl-c') build.press('ctrl-c');
      else {
        build.type(answer);
        build.press('enter');
      }
      expect([answer, await build.ended]).toEqual([answer, code]);
      if (code === 1) expect(build.screen()).toContain('Nothing was built.');
    }
    const { stdout } = await user.run(['builds', '--json']);
    expect(stdout).not.toContain('"pending"');
    expect(await launches()).toBe(before);
  });

  it('go on after Ctrl-C, which says how to look again', async () => {
    const build = user.open(`${BUILD} --yes --watch`);
    await build.until(/[█░]{24}/);
    build.press('ctrl-c');
    expect(await build.ended).toBe(130);
    const again = /quartermaster (builds \S+ --watch)/.exec(build.screen())?.[1] ?? '';
    const watched = user.open(again);
    expect([await watched.ended, watched.screen()]).toEqual([0, expect.stringContaining('is finished: 1 of 1')]);
  });

  it('are watched on where the server was away for a while', async () => {
    const lonely = await system.openLane({ start: ['mini-worker'] });
    const someone = openCliUser(lonely);
    const build = someone.open(`${BUILD} --yes --watch`);
    await build.until(/[█░]{24}/);
    lonely.web.kill('SIGKILL');
    await lonely.web.ended;
    await build.until('Trying again.');
    await lonely.restartWeb();
    await build.until('The server is back.');
    lonely.startWorker();
    expect([await build.ended, build.screen()]).toEqual([0, expect.stringContaining('is finished: 1 of 1')]);
    await someone.leave();
    await lonely.stop();
  });
});

describe('without a terminal', () => {
  it('a build is not asked about, and each change is a plain line', async () => {
    const { code, stdout } = await user.run([...BUILD.split(' '), '--watch']);
    expect(code).toBe(0);
    for (const drawn of ['█', '░', '\r', '\u001b']) expect(stdout).not.toContain(drawn);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/is finished: 1 of 1 instance has reported/);
    expect(lines.filter((line) => line.startsWith('started,')).length).toBeLessThanOrEqual(2);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('setup takes the token from standard input, and shows it nowhere', async () => {
    const newcomer = openCliUser();
    const argv = ['setup', '--url', lane.webUrl, '--token-file', '-'];
    const { code, stdout, stderr } = await newcomer.run(argv, { stdin: `${TOKEN}\n` });
    expect([code, stdout + stderr]).toEqual([0, expect.not.stringContaining(TOKEN)]);
    expect(await newcomer.run(['list', '--json'])).toMatchObject({ code: 0, stderr: '' });
    await newcomer.leave();
  });

  it('setup says what to give where nobody can be asked', async () => {
    const newcomer = openCliUser();
    const { code, stderr } = await newcomer.run(['setup']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--token-file')]);
    await newcomer.leave();
  });

  it('--json is one JSON value, with the progress on standard error', async () => {
    const { code, stdout, stderr } = await user.run([...BUILD.split(' '), '--watch', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ instance_builds: [{ state: 'finished' }] });
    expect(stderr).toContain('has reported');
  });
});

describe('NO_COLOR', () => {
  it('leaves no escape of a colour on a terminal that has them otherwise', async () => {
    const colored = user.open('processes');
    const plain = user.open('processes', { env: { NO_COLOR: '1' } });
    expect([await colored.ended, await plain.ended]).toEqual([0, 0]);
    expect(colored.output()).toMatch(COLOR);
    expect(plain.output()).not.toMatch(COLOR);
  });

  it('nor in a bar, nor in a failure', async () => {
    const env = { NO_COLOR: '1' };
    const build = user.open(`${BUILD} --yes --watch`, { env });
    const failed = user.open('list -s nope', { env });
    expect([await build.ended, await failed.ended]).toEqual([0, 1]);
    expect(build.screen()).toMatch(/[█░]{24}/);
    expect(build.output() + failed.output()).not.toMatch(COLOR);
  });
});

it('ends quietly where the reader of its output has enough', async () => {
  await eventually(async () => expect((await user.run(['processes'])).code).toBe(0));
  const head = user.open('processes | head -1');
  expect([await head.ended, head.screen().split('\n')]).toEqual([0, [expect.stringContaining('PROCESS')]]);
});
