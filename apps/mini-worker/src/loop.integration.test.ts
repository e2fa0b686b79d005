import { AppError, createSilentLogger, type Logger } from '@quartermaster/foundation';
import { createLeases, type Leases } from '@quartermaster/jobs';
import { eventually, openTestRedis, undisturbed, type TestRedis } from '@quartermaster/testing';
import { startLoop, type Chore, type Loop } from './loop.js';

let test: TestRedis;
const loops: Loop[] = [];
beforeEach(async () => {
  test = await openTestRedis();
});
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()));
  await test.close();
});

/** Longer than any test waits: who gets it has been given it. */
const LONG_LEASE_MS = 600_000;
const SHORT_LEASE_MS = 600;
const leases = (ttlMs: number): Leases =>
  createLeases({ redis: test.redis, keys: test.keys, log: createSilentLogger(), ttlMs });

/** A log that keeps what is said from `info` on. */
function keepingLog(): { log: Logger; said: string[] } {
  const said: string[] = [];
  const keep =
    (level: string) =>
    (message: string, fields: object = {}): void =>
      void said.push([level, message, ...Object.values(fields)].join(' | '));
  return { said, log: { ...createSilentLogger(), info: keep('info'), warn: keep('warn'), error: keep('error') } };
}

function start(
  chores: readonly Chore[],
  log: Logger = createSilentLogger(),
  onStuck = (): void => undefined,
  leaseMs = LONG_LEASE_MS,
): Loop {
  const loop = startLoop({
    chores,
    leases: leases(leaseMs),
    intervalMs: 20,
    log,
    stuckAfterMs: 300,
    onStuck,
    reportBug: () => undefined,
  });
  loops.push(loop);
  return loop;
}

function counting(name: string, act: () => Promise<void> = () => Promise.resolve()): Chore & { rounds: number } {
  const chore = { name, rounds: 0, run: () => act() };
  chore.run = async () => {
    chore.rounds += 1;
    await act();
  };
  return chore;
}

function raise(message: string): never {
  throw new Error(message);
}

describe('the loop', () => {
  it('does every chore round after round', async () => {
    const chores = [counting('a'), counting('b')];
    start(chores);
    await eventually(() => expect(Math.min(...chores.map(({ rounds }) => rounds))).toBeGreaterThan(3));
  });

  it('warns once of a chore that fails, does the others, and says when it works again', async () => {
    let broken = true;
    const failing = counting('refresh', () =>
      broken ? Promise.reject(new AppError('unavailable', 'ec2-unavailable', 'no answer')) : Promise.resolve(),
    );
    const other = counting('other');
    const { log, said } = keepingLog();
    start([failing, other], log);
    await eventually(() => expect([failing.rounds > 3, other.rounds > 3]).toEqual([true, true]));
    broken = false;
    await eventually(() =>
      expect(said).toEqual([
        'info | Leading: this mini-worker does the chores',
        'warn | A chore failed; tried again next round | refresh | no answer',
        'info | A chore works again | refresh',
      ]),
    );
  });

  it('leaves the chores to the one that leads, and goes on where that one has stopped', async () => {
    const [mine, theirs] = [counting('mine'), counting('theirs')];
    const leader = start([mine]);
    await eventually(() => expect(mine.rounds).toBeGreaterThan(0));
    const follower = start([theirs]);
    const looked = mine.rounds;
    await eventually(() => expect(mine.rounds).toBeGreaterThan(looked + 5));
    expect([theirs.rounds, leader.leads(), follower.leads()]).toEqual([0, true, false]);
    await leader.stop();
    const { rounds } = mine;
    await eventually(() => expect(theirs.rounds).toBeGreaterThan(1));
    expect(mine.rounds).toBe(rounds);
  });

  it('leads for longer than its lease, which it renews', () =>
    undisturbed(async () => {
      const [mine, theirs] = [counting('mine'), counting('theirs')];
      const leader = start([mine], undefined, undefined, SHORT_LEASE_MS);
      await eventually(() => expect(mine.rounds).toBeGreaterThan(0));
      const follower = start([theirs], undefined, undefined, SHORT_LEASE_MS);
      await new Promise((resolve) => setTimeout(resolve, SHORT_LEASE_MS + 200));
      const seen = [theirs.rounds, leader.leads(), follower.leads()];
      await Promise.all([leader.stop(), follower.stop()]);
      expect(seen).toEqual([0, true, false]);
    }));

  it('says that it is stuck when a round does not end', async () => {
    let stuck = 0;
    let finish: () => void = () => undefined;
    start([{ name: 'slow', run: () => new Promise((resolve) => (finish = resolve)) }], undefined, () => (stuck += 1));
    await eventually(() => expect(stuck).toBe(1));
    finish();
  });

  it('ends the right to act of running chores when it is stopped, and hands over before they have ended', async () => {
    let finish: () => void = () => undefined;
    let held = (): void => raise('not begun');
    const slow: Chore = {
      name: 'slow',
      run: async (guard) => {
        held = () => guard.assertHeld();
        await new Promise<void>((resolve) => (finish = resolve));
      },
    };
    const { log, said } = keepingLog();
    const loop = start([slow], log);
    await eventually(() => held());
    const stopped = loop.stop();
    expect(() => held()).toThrow(/stopping/);
    const next = counting('next');
    start([next]);
    await eventually(() => expect(next.rounds).toBeGreaterThan(0));
    finish();
    await stopped;
    expect(said).toEqual(['info | Leading: this mini-worker does the chores']);
  });
});
