import type { RecordSet } from '@quartermaster/dns';
import { AppError, createSilentLogger } from '@quartermaster/foundation';
import { eventually, openTestRedis, type TestRedis } from '@quartermaster/testing';
import { openDnsDesk, ZONE, type DnsDesk } from '../testing/dns-desk.js';

let test: TestRedis;
let desk: DnsDesk;
beforeEach(async () => {
  test = await openTestRedis();
  desk = openDnsDesk(test, createSilentLogger());
});
afterEach(async () => {
  await desk.close();
  await test.close();
});

const a = (name: string, value: string): RecordSet => ({
  name,
  type: 'A',
  ttl: 60,
  values: [value],
  is_special: false,
});
const standing = (): string[] => desk.dns.zone.all().map(({ set }) => `${set.name} ${set.values.join()}`);
const stateOf = async (id: string): Promise<string> => {
  const set = await desk.records.loadSet(id);
  return [set?.state, set?.error?.code].filter((part) => part !== undefined).join(' ');
};
const shown = async (hostname: string): Promise<string> => {
  const record = await desk.records.loadRecord(hostname);
  return [record?.status ?? 'unknown', record?.error?.code].filter((part) => part !== undefined).join(' ');
};
const jobNames = async (): Promise<string[]> => (await desk.openJobs()).map(({ id }) => id).sort();
/** The changes to a zone, followed to their end. */
const spread = async (): Promise<void> => {
  desk.dns.spread();
  for (const id of desk.dns.zone.changes.keys()) await desk.follow(id);
};

describe('draining a zone', () => {
  it('sends all that waits in one batch, and follows it until it is in sync', async () => {
    for (const name of ['a.x', 'b.x', 'c.x']) await desk.ask(`s-${name}`, name, a(name, '10.0.0.1'));
    await desk.drain();
    expect([desk.dns.batches.length, standing()]).toEqual([1, ['a.x 10.0.0.1', 'b.x 10.0.0.1', 'c.x 10.0.0.1']]);
    expect([await stateOf('s-a.x'), await shown('b.x')]).toEqual(['accepted', 'PENDING']);
    expect(await jobNames()).toEqual([`drain-zone-${ZONE}`, 'follow-change-C1']);

    await expect(desk.tryFollow('C1')).rejects.toMatchObject({ delayMs: 2000 });
    expect(await shown('b.x')).toBe('PENDING');
    await spread();
    expect([await stateOf('s-a.x'), await shown('b.x')]).toEqual(['insync', 'INSYNC']);
  });

  it('goes on until nothing waits, replaces, renames and deletes', async () => {
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'));
    await desk.drain();
    await desk.ask('s2', 'a.x', a('a.x', '1.0.0.2'));
    await desk.ask('s3', 'a.x', a('b.x', '1.0.0.2'));
    await desk.drain();
    expect([standing(), await stateOf('s2'), await stateOf('s3')]).toEqual([['b.x 1.0.0.2'], 'accepted', 'accepted']);
    expect(await Promise.all([shown('a.x'), shown('b.x')])).toEqual(['unknown', 'PENDING']);
    await desk.ask('s4', 'b.x', undefined, { must_exist: true });
    await desk.drain();
    expect([standing(), await shown('b.x'), await stateOf('s4')]).toEqual([[], 'unknown', 'accepted']);
  });

  it('of many, one poisoned, with more than a batch holds, finds the one and sends all others', async () => {
    const names = Array.from({ length: 1200 }, (_, count) => `n${count}.x`);
    await Promise.all(
      names.map((name) => desk.ask(`s-${name}`, name, a(name, name === 'n700.x' ? '999.0.0.1' : '10.0.0.1'))),
    );
    await desk.drain();
    expect(await stateOf('s-n700.x')).toBe('failed change-refused');
    await spread();
    const statuses = await Promise.all(names.map(shown));
    expect(statuses.filter((status) => status === 'INSYNC')).toHaveLength(1199);
    expect([await shown('n700.x'), standing().length]).toEqual(['FAILED change-refused', 1199]);
    console.log(`1,200 wishes, one poisoned, took ${desk.dns.batches.length} batches`);
  });

  it('touches nothing foreign, and says in log and chat what stands there', async () => {
    desk.dns.edit('CREATE', a('a.x', '9.9.9.9'));
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'), { slack_channel: 'ops' });
    await desk.drain();
    expect([await stateOf('s1'), await shown('a.x'), standing()]).toEqual([
      'failed foreign-record',
      'FAILED foreign-record',
      ['a.x 9.9.9.9'],
    ]);
    expect(desk.warnings).toMatchObject([{ fields: { hostname: 'a.x', code: 'foreign-record' } }]);
    const told = (await desk.openJobs()).find(({ name }) => name === 'send-notification');
    expect(told).toMatchObject({ id: 'notification-dns-failed-s1', payload: { channel: 'ops' } });
    expect(JSON.stringify(told?.payload)).toContain('9.9.9.9');

    await desk.ask('s2', 'a.x', a('a.x', '1.0.0.1'), { force: true });
    await desk.drain();
    expect([await stateOf('s2'), standing()]).toEqual(['accepted', ['a.x 1.0.0.1']]);
  });
});

describe('a record that stood there already', () => {
  it('is in sync, and is not ours: it is deleted and changed with force only', async () => {
    desk.dns.edit('CREATE', a('a.x', '1.0.0.1'));
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'));
    await desk.drain();
    expect([await stateOf('s1'), await shown('a.x')]).toEqual(['insync', 'INSYNC']);
    await desk.ask('s2', 'a.x', undefined, { must_exist: true });
    await desk.drain();
    await desk.ask('s3', 'a.x', a('a.x', '1.0.0.2'));
    await desk.drain();
    expect([await stateOf('s2'), await stateOf('s3')]).toEqual(['failed foreign-record', 'failed foreign-record']);
    expect([standing(), await shown('a.x')]).toEqual([['a.x 1.0.0.1'], 'FAILED foreign-record']);
    expect((await desk.records.loadSet('s2'))?.error?.message).toContain('A 1.0.0.1 (TTL 60) stands at a.x');
    await desk.ask('s4', 'a.x', undefined, { must_exist: true, force: true });
    await desk.drain();
    expect([standing(), await shown('a.x')]).toEqual([[], 'unknown']);
  });
});

describe('a zone that was deleted', () => {
  it('lets its records be deleted, and fails what else is asked for', async () => {
    for (const name of ['a.x', 'b.x']) await desk.ask(`s-${name}`, name, a(name, '1.0.0.1'));
    await desk.drain();
    desk.dns.onChange = () => Promise.reject(new AppError('not-found', 'zone-not-found', 'gone'));
    await desk.ask('s1', 'a.x', undefined, { must_exist: true });
    await desk.ask('s2', 'b.x', a('b.x', '1.0.0.2'));
    await desk.drain();
    expect([await stateOf('s1'), await shown('a.x')]).toEqual(['insync', 'unknown']);
    expect([await stateOf('s2'), await shown('b.x')]).toEqual(['failed zone-not-found', 'FAILED zone-not-found']);
    expect((await desk.records.loadSet('s2'))?.error?.kind).toBe('unprocessable');
    expect(await desk.ask('s3', 'b.x', a('b.x', '1.0.0.2'), { zone_id: 'Z2' })).toBe('accepted');
  });
});

describe('a batch', () => {
  it.each(['before', 'acted', 'after'])('whose worker dies at dns-batch/send:%s is carried out once', async (place) => {
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'));
    await desk.drain();
    await desk.ask('s2', 'a.x', a('a.x', '1.0.0.2'));
    desk.crashAt = `dns-batch/send:${place}`;
    await expect(desk.drain()).rejects.toThrow('died');
    expect(desk.crashAt).toBeUndefined();
    await desk.drain();
    expect([standing(), await stateOf('s2')]).toEqual([['a.x 1.0.0.2'], 'accepted']);
    await spread();
    expect([await shown('a.x'), await stateOf('s1')]).toEqual(['INSYNC', 'insync']);
    const creations = desk.dns.batches.flat().filter(({ set }) => set.values.includes('1.0.0.2'));
    // A confirmation deletes and creates what stands there; without one it was created once.
    expect(creations.map(({ action }) => action)).toEqual(
      place === 'acted' ? ['CREATE', 'DELETE', 'CREATE'] : ['CREATE'],
    );
    // What was recorded need not be asked for.
    if (place === 'after') expect(desk.dns.batches).toHaveLength(2);
  });

  it.each(['lost-before', 'lost-after', 'throttled', 'prior'] as const)('that is %s ends well', async (fault) => {
    desk.dns.faults.push(fault, fault);
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'));
    await desk.ask('s2', 'b.x', a('b.x', '1.0.0.1'));
    await desk.drain();
    expect([standing(), await stateOf('s1'), await stateOf('s2')]).toEqual([
      ['a.x 1.0.0.1', 'b.x 1.0.0.1'],
      'accepted',
      'accepted',
    ]);
    await spread();
    expect(await Promise.all([shown('a.x'), shown('b.x')])).toEqual(['INSYNC', 'INSYNC']);
    expect((await desk.zones.load(ZONE)).trouble).toBeUndefined();
  });

  it('is stored as sent by Redis’ clock, however wrong the worker’s own is', async () => {
    desk.skewMs = -3_600_000;
    let sentAt = 0;
    desk.dns.onChange = async () => {
      sentAt = (await desk.zones.load(ZONE)).drain.batches[0]?.sent_at ?? 0;
    };
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'));
    const askedAt = Date.now();
    await desk.drain();
    // Redis may round, and count by another clock of this machine.
    expect(sentAt).toBeGreaterThan(askedAt - 1000);
    expect(sentAt).toBeLessThan(Date.now() + 1000);
  });

  it('of a worker that was replaced is stored by nobody', async () => {
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'));
    desk.dns.onChange = async () => void (await test.redis.hincrby(test.keys.journal(`zone:${ZONE}`), 'fence', 1));
    await expect(desk.drain()).rejects.toMatchObject({ code: 'lease-lost' });
    expect(await stateOf('s1')).toBe('waiting');
    desk.dns.onChange = () => undefined;
    await desk.drain();
    expect([await stateOf('s1'), standing()]).toEqual(['accepted', ['a.x 1.0.0.1']]);
    // What came of it was recorded in the batch's own journal, which nobody had taken over.
    expect(desk.dns.batches).toHaveLength(1);
  });
});

describe('Route 53 that is away', () => {
  it('is waited for, and what waits fails with the reason once that has lasted a day; later wishes do well', async () => {
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'));
    desk.dns.setAway(true);
    const draining = desk.drain();
    const trouble = await eventually(async () => {
      const { trouble: found } = await desk.zones.load(ZONE);
      expect(found?.tries ?? 0).toBeGreaterThan(1);
      return found;
    });
    expect(await stateOf('s1')).toBe('waiting');
    // More than once: a try that is under way writes over it.
    const aging = setInterval(() => {
      const times = { since: Date.now() - 86_400_000, last_at: Date.now() };
      void test.redis.hset(test.keys.dnsZone(ZONE), 'trouble', JSON.stringify({ ...trouble, ...times }));
    }, 100);
    await draining.finally(() => clearInterval(aging));
    expect([await stateOf('s1'), await shown('a.x')]).toEqual([
      'failed route53-unavailable',
      'FAILED route53-unavailable',
    ]);
    expect((await desk.records.loadSet('s1'))?.error?.message).toMatch(/^Route 53 has failed \d+ times since 20/);

    desk.dns.setAway(false);
    await desk.ask('s2', 'a.x', a('a.x', '1.0.0.2'));
    await desk.drain();
    expect([await stateOf('s2'), standing()]).toEqual(['accepted', ['a.x 1.0.0.2']]);
  });

  it('costs nobody a wish where the worker has a bug: what is in hand fails, what waits goes on', async () => {
    await desk.ask('s1', 'a.x', a('a.x', '1.0.0.1'));
    desk.dns.onChange = () => Promise.reject(new TypeError('a bug'));
    await expect(desk.drain()).rejects.toThrow('a bug');
    await desk.ask('s2', 'b.x', a('b.x', '1.0.0.1'));
    await desk.giveUpDrain(new TypeError('a bug'));
    expect([await stateOf('s1'), await stateOf('s2')]).toEqual(['failed internal-error', 'waiting']);
    desk.dns.onChange = () => undefined;
    await desk.drain();
    expect(await stateOf('s2')).toBe('accepted');

    await desk.ask('s3', 'c.x', a('c.x', '1.0.0.1'));
    await desk.giveUpDrain(new AppError('unprocessable', 'odd', 'odd'));
    expect(await stateOf('s3')).toBe('failed odd');
  });
});
