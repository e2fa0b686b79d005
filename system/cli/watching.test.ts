import { eventually } from '@quartermaster/testing';
import { openCliUser, type CliUser } from '../harness/cli';
import { recordReaches, zonesAreKnown } from '../harness/records';
import { mostDown, powerEffects, RESTART, restartEnds, seedStack, type SeededInstance } from '../harness/restarts';
import { startSystem, type Lane, type System } from '../harness/start-system';

let system: System;
let lane: Lane;
let user: CliUser;
beforeAll(async () => {
  // Long enough that each restart is seen in between, and Route 53's way to INSYNC too.
  system = await startSystem({ SANDBOX_STOP_MS: '500', SANDBOX_BOOT_MS: '500', SANDBOX_DNS_INSYNC_MS: '1500' });
  lane = await system.openLane({ worker: { STACKS_SOURCE: 'opsworks', TASK_POLL: '60ms' } });
  user = openCliUser(lane);
});
afterAll(async () => {
  await user.leave();
  await system.stop();
});

/** A stack with a layer of so many, once the product knows it. */
async function standingStack(count: number): Promise<{ stack: string; instances: readonly SeededInstance[] }> {
  const seeded = await seedStack(system.sandbox, { instances: count });
  await eventually(async () => expect((await user.run(['list', '-s', seeded.stack, '-l', 'api'])).code).toBe(0));
  return seeded;
}

const idOn = (screen: string): string => /layer-rolling-restart ([0-9a-f]{24})/.exec(screen)?.[1] ?? 'no id there';

describe('a rolling restart that is watched', () => {
  it('goes on after Ctrl-C, which says how to look again; that shows it to its end', async () => {
    const { stack, instances } = await standingStack(5);
    const started = user.open(`do ${RESTART} stack='${stack}' layer=api window=1 --watch`);
    await started.until(/[12] of 5 restarted/, 30_000);
    started.press('ctrl-c');
    expect(await started.ended).toBe(130);
    const screen = started.screen();
    expect(screen).toContain('It goes on.');
    const id = idOn(screen);
    const [again = ''] = /(?<=`quartermaster )check layer-rolling-restart [0-9a-f]{24} --watch(?=`)/.exec(screen) ?? [];

    const watched = user.open(again);
    await watched.until(/[█░]{24} .*of 5 restarted; (stopping|starting) api\d/, 30_000);
    expect(await watched.ended).toBe(0);
    expect(watched.screen()).toMatch(/█{24} COMPLETED, 5 of 5 restarted/);
    await restartEnds(lane.api, id, 'COMPLETED');
    // Each once: what was looked at twice was done once.
    expect((await powerEffects(system.sandbox, instances)).toSorted()).toEqual(
      ['start', 'stop'].flatMap((verb) => instances.map(({ hostname }) => `${verb} ${hostname}`)).toSorted(),
    );
    expect(await mostDown(system.sandbox, instances)).toBe(1);
  });

  it('is watched on where web was killed meanwhile and started again', async () => {
    const { stack } = await standingStack(4);
    const started = user.open(`do ${RESTART} stack='${stack}' layer=api window=1 --watch`);
    await started.until(/1 of 4 restarted/, 30_000);
    lane.web.kill('SIGKILL');
    await lane.web.ended;
    await started.until(/Can not reach .*Trying again\./);
    await lane.restartWeb();
    await started.until('The server is back.');
    expect([await started.ended, started.screen()]).toEqual([0, expect.stringContaining('4 of 4 restarted')]);
  });

  it('is a plain line for each change without a terminal', async () => {
    const { stack } = await standingStack(2);
    const { code, stdout } = await user.run(['do', RESTART, `stack=${stack}`, 'layer=api', 'window=1', '--watch']);
    expect(code).toBe(0);
    for (const drawn of ['█', '░', '\r', '\u001b']) expect(stdout).not.toContain(drawn);
    const told = stdout.split('\n').filter((line) => line.includes(' of 2 restarted'));
    expect(told.length).toBeGreaterThan(1);
    told.forEach((line, i) => expect(line).not.toBe(told[i - 1]));
    expect(told.at(-1)).toContain('2 of 2 restarted');
  });

  it('is left alone by a wait that is over, which ends with 1', async () => {
    const { stack } = await standingStack(3);
    const argv = ['do', RESTART, `stack=${stack}`, 'layer=api', 'window=1', '--timeout', '500ms'];
    const { code, stderr } = await user.run(argv);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Not done within')]);
    await restartEnds(lane.api, idOn(stderr), 'COMPLETED');
  });
});

describe('a DNS record', () => {
  it('is waited for until it is INSYNC, and removed when that is confirmed', async () => {
    await zonesAreKnown(lane.api);
    const hostname = 'db.example.com';
    const set = user.open(`record set ${hostname} 10.0.0.7 --wait`);
    await set.until('PENDING');
    expect([await set.ended, set.screen()]).toEqual([0, expect.stringContaining('INSYNC')]);
    await recordReaches(lane.api, hostname, 'INSYNC', 1000);

    const get = user.open(`record get ${hostname}`);
    expect([await get.ended, get.screen()]).toEqual([0, expect.stringMatching(/10\.0\.0\.7/)]);

    const kept = user.open(`record rm ${hostname}`);
    await kept.until(/\?/);
    kept.press('enter');
    expect(await kept.ended).toBe(1);
    await recordReaches(lane.api, hostname, 'INSYNC', 1000);

    const removed = user.open(`record rm ${hostname}`);
    await removed.until(/\?/);
    removed.type('y');
    removed.press('enter');
    expect(await removed.ended).toBe(0);
    await eventually(async () => expect((await user.run(['record', 'get', hostname])).code).toBe(1));
  });
});
