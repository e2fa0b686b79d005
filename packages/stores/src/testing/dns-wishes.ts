import { EMPTY_DRAIN, type Outcome, type RecordSet } from '@quartermaster/dns';
import type { ErrorRecord } from '@quartermaster/foundation';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createDnsRecords, type DnsRecords } from '../dns-records.js';
import type { Asked, ChangeSet, NewChangeSet } from '../dns-record.js';
import { createDnsZones, type DnsZones } from '../dns-zones.js';

export const ZONE = 'Z1';
export const JOB = { id: 'drain-zone-Z1', name: 'drain-zone', payload: { zone_id: ZONE }, wake: 'w1' };
export const REFUSED: ErrorRecord = { kind: 'unprocessable', code: 'change-refused', message: 'not this one' };

// Live bindings: new ones for each test.
export let test: TestRedis;
export let records: DnsRecords;
export let zones: DnsZones;
/** ms since 1970; goes on with everything that is asked for and ended. */
export let now = 1_700_000_000_000;
let serial = 0;

/** Has every test of the file begin with no records, and a drain whose fence is 3. */
export function beginEachWithoutRecords(): void {
  beforeEach(async () => {
    test = await openTestRedis();
    records = createDnsRecords(test.redis, test.keys);
    zones = createDnsZones(test.redis, test.keys);
    await test.redis.hset(test.keys.journal(`zone:${ZONE}`), 'fence', 3);
  });
  afterEach(() => test.close());
}

export const tick = (ms: number): number => (now += ms);

export const a = (name: string, value: string): RecordSet => ({
  name,
  type: 'A',
  ttl: 60,
  values: [value],
  is_special: false,
});
export const freshId = (): string => `s${(serial += 1)}`;

export async function ask(hostname: string, fields: Partial<NewChangeSet> = {}): Promise<Asked['outcome']> {
  const fixed = { id: freshId(), zone_id: ZONE, hostname, force: false, must_exist: false, request_id: 'r1' };
  return (await records.ask({ ...fixed, ...fields }, JOB, tick(1000))).outcome;
}
export const put = async (hostname: string, set: RecordSet, more: Partial<NewChangeSet> = {}): Promise<string> => {
  const id = freshId();
  expect(await ask(hostname, { id, wished: set, ...more })).toBe('accepted');
  return id;
};
export const remove = async (hostname: string): Promise<string> => {
  const id = freshId();
  expect(await ask(hostname, { id, must_exist: true })).toBe('accepted');
  return id;
};

type Fate = 'superseded' | 'unchanged' | 'failed' | `C${number}`;
/** What the drain would say of these sets. */
export async function end(
  fates: Readonly<Record<string, Fate>>,
  status: 'PENDING' | 'INSYNC' = 'PENDING',
): Promise<boolean> {
  const waiting = await zones.take(ZONE, 100);
  const outcomes = Object.entries(fates).map(([id, fate]): Outcome => {
    const set = waiting.find((one) => one.id === id);
    const about = { id, record: set?.record ?? '' };
    const put = set?.wished === undefined ? {} : { applied: set.wished };
    const kept = set?.applied === undefined ? {} : { applied: set.applied };
    if (fate === 'superseded') return { ...about, result: fate };
    if (fate === 'unchanged') return { ...about, result: fate, ...put };
    if (fate === 'failed') return { ...about, result: fate, error: REFUSED, ...kept };
    return { ...about, result: 'accepted', change_id: fate, status, ...put };
  });
  return zones.store(ZONE, 3, { state: EMPTY_DRAIN, outcomes }, tick(1000));
}

export const shown = async (hostname: string): Promise<string> => {
  const record = await records.loadRecord(hostname);
  if (record === undefined) return 'unknown';
  const more = [record.is_leaving ? 'leaving' : '', record.renamed_to ?? '', record.error?.code ?? ''];
  return [record.status, record.set.name, ...record.set.values, ...more].filter((part) => part !== '').join(' ');
};
export const stateOf = async (id: string): Promise<ChangeSet['state'] | undefined> =>
  (await records.loadSet(id))?.state;
export const listed = async (): Promise<string[]> =>
  (await records.listRecords(1, 50)).records.map(({ hostname }) => hostname);
export const waitingIds = async (): Promise<string[]> => (await zones.take(ZONE, 100)).map(({ id }) => id);
