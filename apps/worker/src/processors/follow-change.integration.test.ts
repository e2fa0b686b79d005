import type { RecordSet } from '@quartermaster/dns';
import { AppError, createSilentLogger } from '@quartermaster/foundation';
import type { RetryLater } from '@quartermaster/jobs';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { openDnsDesk, type DnsDesk } from '../testing/dns-desk.js';

let test: TestRedis;
let desk: DnsDesk;
beforeEach(async () => {
  test = await openTestRedis();
  desk = openDnsDesk(test, createSilentLogger());
  for (const name of ['a.x', 'b.x']) await desk.ask(`s-${name}`, name, a(name, '1.0.0.1'), { slack_channel: 'ops' });
  await desk.drain();
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
const shown = async (hostname: string): Promise<string> => {
  const record = await desk.records.loadRecord(hostname);
  return [record?.status ?? 'unknown', record?.error?.code].filter((part) => part !== undefined).join(' ');
};
/** The pause (s) after asking at this age of the change; 0: it is settled. Waits for its slot are none. */
const pause = async (ageMs: number): Promise<number> => {
  // Not a millisecond older, however long it takes to ask.
  const acceptedAt = (await desk.zones.loadChange('C1'))?.accepted_at ?? 0;
  desk.stillAt = acceptedAt + ageMs;
  for (;;) {
    const thrown = await desk.tryFollow('C1').then(
      () => undefined,
      (error: RetryLater) => error,
    );
    if (thrown === undefined) return 0;
    if (thrown.delayMs >= 1000) return Math.round(thrown.delayMs / 1000);
    await new Promise((resolve) => setTimeout(resolve, thrown.delayMs));
  }
};

describe('following a change', () => {
  it('asks soon at first, then ever more rarely', async () => {
    expect([await pause(0), await pause(20_000), await pause(3_600_000)]).toEqual([2, 10, 30]);
    expect(await shown('a.x')).toBe('PENDING');
    desk.dns.spread();
    expect(await pause(3_600_000)).toBe(0);
    expect(await Promise.all(['a.x', 'b.x'].map(shown))).toEqual(['INSYNC', 'INSYNC']);
    const requests = desk.dns.requests.length;
    await desk.tryFollow('C1');
    expect(desk.dns.requests).toHaveLength(requests);
  });

  it('that Route 53 knows no more looks at the zone: what stands is in sync, what is gone has failed', async () => {
    desk.dns.edit('DELETE', a('b.x', '1.0.0.1'));
    desk.dns.edit('CREATE', a('b.x', '6.6.6.6'));
    desk.dns.spread(false);
    expect(await pause(30_000)).toBe(15);
    expect(await pause(70_000)).toBe(0);
    expect(await Promise.all(['a.x', 'b.x'].map(shown))).toEqual(['INSYNC', 'FAILED record-gone']);
    const { error } = (await desk.records.loadRecord('b.x')) ?? {};
    expect(error?.message).toContain('A 6.6.6.6 (TTL 60) stands there');
    const ids = (await desk.openJobs()).map(({ id }) => id);
    expect(ids).toContain('notification-dns-failed-s-b.x');
  });

  it('that is pending after a day is judged by the zone', async () => {
    expect(await pause(86_300_000)).toBe(30);
    expect(await pause(86_500_000)).toBe(0);
    expect(await Promise.all(['a.x', 'b.x'].map(shown))).toEqual(['INSYNC', 'INSYNC']);
  });

  it('does not touch a record that has moved on', async () => {
    await desk.ask('s2', 'a.x', a('a.x', '1.0.0.2'));
    await desk.drain();
    desk.dns.spread(false);
    expect(await pause(70_000)).toBe(0);
    expect(await Promise.all(['a.x', 'b.x'].map(shown))).toEqual(['PENDING', 'INSYNC']);
    expect((await desk.records.loadSet('s-a.x'))?.state).toBe('insync');
  });

  it('that is given up says so', async () => {
    await desk.giveUpFollow('C1', new AppError('unavailable', 'route53-unavailable', 'no answer'));
    expect(await shown('a.x')).toBe('FAILED route53-unavailable');
    expect((await desk.records.loadRecord('a.x'))?.error?.message).toContain('does not tell whether it has spread');
  });
});
