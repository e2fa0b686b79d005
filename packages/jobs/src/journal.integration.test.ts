import { createSilentLogger } from '@quartermaster/foundation';
import { openTestRedis, undisturbed, type TestRedis } from '@quartermaster/testing';
import { createJournals, readSteps, type Journals } from './journal.js';
import { LeaseLost } from './lease.js';
import { Interrupted, SubjectTaken } from './retry.js';

/** For what lasts longer than a lease, or ends with it; all others hold theirs for as long as they need it. */
const SHORT_LEASE_MS = 400;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let test: TestRedis;
beforeAll(async () => {
  test = await openTestRedis();
});
afterAll(() => test.close());

function journalsOfProcess(crashPoint?: (point: string) => void, leaseMs = 60_000): Journals {
  const { redis, keys } = test;
  const settings = { redis, keys, log: createSilentLogger(), leaseMs };
  return createJournals(crashPoint ? { ...settings, crashPoint } : settings);
}

describe('a step of the journal', () => {
  it('acts once and gives the recorded result ever after', async () => {
    const calls: string[] = [];
    const act = async (): Promise<{ id: string }> => {
      calls.push('act');
      return { id: 'sg-1' };
    };
    const first = await journalsOfProcess().open('build:once', 60_000);
    expect(await first.step('create', { act })).toEqual({ id: 'sg-1' });
    await first.close();
    const second = await journalsOfProcess().open('build:once', 60_000);
    expect(second.holder.fence).toBe(first.holder.fence + 1);
    expect(await second.step('create', { act })).toEqual({ id: 'sg-1' });
    await second.close();
    expect(calls).toEqual(['act']);
    expect(await readSteps(test.redis, test.keys, 'build:once')).toEqual([
      { name: 'create', started_at: expect.any(String), finished_at: expect.any(String) },
    ]);
  });

  it('looks for the effect of a try whose result was never recorded, and acts where there is none', async () => {
    const journal = await journalsOfProcess().open('build:lost', 60_000);
    const fail = { act: () => Promise.reject(new Error('the answer was lost')), observe: () => Promise.resolve('x') };
    await expect(journal.step('found', fail)).rejects.toThrow('the answer was lost');
    await expect(journal.step('missing', fail)).rejects.toThrow('the answer was lost');

    const neverActs = { act: () => Promise.reject(new Error('acted again')), observe: () => Promise.resolve('there') };
    expect(await journal.step('found', neverActs)).toBe('there');
    const acts = { act: () => Promise.resolve('made anew'), observe: () => Promise.resolve(undefined) };
    expect(await journal.step('missing', acts)).toBe('made anew');
    const nothing = { act: () => Promise.reject(new Error('lost')), observe: () => Promise.resolve(null) };
    await expect(journal.step('null', nothing)).rejects.toThrow('lost');
    expect(await journal.step('null', nothing)).toBe(null);
    await journal.close();
  });

  it('does not ask the outside before the first try', async () => {
    const journal = await journalsOfProcess().open('build:first', 60_000);
    const observe = (): Promise<string> => Promise.reject(new Error('asked'));
    expect(await journal.step('create', { act: () => Promise.resolve('made'), observe })).toBe('made');
    await journal.close();
  });

  it('is not done by a holder that was replaced, nor is its result recorded', async () => {
    const stale = await journalsOfProcess().open('build:stale', 60_000);
    await test.redis.del(test.keys.lease('build:stale'));
    const fresh = await journalsOfProcess().open('build:stale', 60_000);
    let acted = false;
    const act = async (): Promise<void> => void (acted = true);
    await expect(stale.step('create', { act })).rejects.toThrow(LeaseLost);
    expect(acted).toBe(false);
    await Promise.all([stale.close(), fresh.close()]);
  });

  it('is not recorded when another process began while it acted', async () => {
    const slow = await journalsOfProcess().open('build:slow', 60_000);
    const replaced = slow.step('create', {
      act: async () => {
        await test.redis.del(test.keys.lease('build:slow'));
        await (await journalsOfProcess().open('build:slow', 60_000)).close();
        return 'mine';
      },
    });
    await expect(replaced).rejects.toThrow(/Lease|right to act/);
    await slow.close();
  });

  it('ends at its own deadline when no renewal gets through', async () => {
    const journal = await journalsOfProcess(undefined, SHORT_LEASE_MS).open('build:cut', 60_000);
    const frozenUntil = performance.now() + SHORT_LEASE_MS * 2;
    // As a stopped process: no timer fires, no renewal is sent.
    while (performance.now() < frozenUntil);
    expect(() => journal.guard.assertHeld()).toThrow(LeaseLost);
    expect(journal.guard.signal.aborted).toBe(true);
    await journal.close();
  });

  it('names its crash points by kind of subject and step', async () => {
    const points: string[] = [];
    const journal = await journalsOfProcess((point) => void points.push(point)).open('build:points', 60_000);
    await journal.step('create', { act: () => Promise.resolve(1) });
    await journal.close();
    expect(points).toEqual(['build/create:before', 'build/create:acted', 'build/create:after']);
  });
});

describe('a subject', () => {
  it('is held by one process at a time, also long after its lease would have run out', async () => {
    let tries = 0;
    await undisturbed(async () => {
      const subject = `build:held-${(tries += 1)}`;
      const holder = await journalsOfProcess(undefined, SHORT_LEASE_MS).open(subject, 60_000);
      await sleep(SHORT_LEASE_MS * 2);
      await expect(journalsOfProcess().open(subject, 60_000)).rejects.toThrow(SubjectTaken);
      holder.guard.assertHeld();
      await holder.close();
      await (await journalsOfProcess().open(subject, 60_000)).close();
    });
  });

  it('is given to nobody and begins nothing in a process that is stopping', async () => {
    const journals = journalsOfProcess();
    const journal = await journals.open('build:stopping', 60_000);
    journals.interrupt(false);
    await expect(journal.step('create', { act: () => Promise.resolve(1) })).rejects.toThrow(Interrupted);
    await expect(journals.open('build:other', 60_000)).rejects.toThrow(Interrupted);
    journals.interrupt(true);
    expect(journal.guard.signal.aborted).toBe(true);
    await journal.close();
  });
});
