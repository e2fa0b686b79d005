import { EMPTY_DRAIN, type Outcome, type RecordSet } from '@quartermaster/dns';
import type { ErrorRecord } from '@quartermaster/foundation';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createDnsRecords, type DnsRecords } from './dns-records.js';
import type { Asked, ChangeSet, NewChangeSet } from './dns-record.js';
import { createDnsZones, type DnsZones } from './dns-zones.js';
import { createOpenJobs } from './open-jobs.js';

const ZONE = 'Z1';
const JOB = { id: 'drain-zone-Z1', name: 'drain-zone', payload: { zone_id: ZONE }, wake: 'w1' };
const REFUSED: ErrorRecord = { kind: 'unprocessable', code: 'change-refused', message: 'not this one' };

let test: TestRedis;
let records: DnsRecords;
let zones: DnsZones;
let serial = 0;
let now = 1_700_000_000_000;
beforeEach(async () => {
  test = await openTestRedis();
  records = createDnsRecords(test.redis, test.keys);
  zones = createDnsZones(test.redis, test.keys);
  await test.redis.hset(test.keys.journal(`zone:${ZONE}`), 'fence', 3);
});
afterEach(() => test.close());

const a = (name: string, value: string): RecordSet => ({
  name,
  type: 'A',
  ttl: 60,
  values: [value],
  is_special: false,
});
const freshId = (): string => `s${(serial += 1)}`;

async function ask(hostname: string, fields: Partial<NewChangeSet> = {}): Promise<Asked['outcome']> {
  const fixed = { id: freshId(), zone_id: ZONE, hostname, force: false, must_exist: false, request_id: 'r1' };
  return (await records.ask({ ...fixed, ...fields }, JOB, (now += 1000))).outcome;
}
const put = async (hostname: string, set: RecordSet, more: Partial<NewChangeSet> = {}): Promise<string> => {
  const id = freshId();
  expect(await ask(hostname, { id, wished: set, ...more })).toBe('accepted');
  return id;
};
const remove = async (hostname: string): Promise<string> => {
  const id = freshId();
  expect(await ask(hostname, { id, must_exist: true })).toBe('accepted');
  return id;
};

type Fate = 'superseded' | 'unchanged' | 'failed' | `C${number}`;
/** What the drain would say of these sets. */
async function end(fates: Readonly<Record<string, Fate>>, status: 'PENDING' | 'INSYNC' = 'PENDING'): Promise<boolean> {
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
  return zones.store(ZONE, 3, { state: EMPTY_DRAIN, outcomes }, (now += 1000));
}

const shown = async (hostname: string): Promise<string> => {
  const record = await records.loadRecord(hostname);
  if (record === undefined) return 'unknown';
  const more = [record.is_leaving ? 'leaving' : '', record.renamed_to ?? '', record.error?.code ?? ''];
  return [record.status, record.set.name, ...record.set.values, ...more].filter((part) => part !== '').join(' ');
};
const stateOf = async (id: string): Promise<ChangeSet['state'] | undefined> => (await records.loadSet(id))?.state;
const listed = async (): Promise<string[]> =>
  (await records.listRecords(1, 50)).records.map(({ hostname }) => hostname);
const waitingIds = async (): Promise<string[]> => (await zones.take(ZONE, 100)).map(({ id }) => id);

describe('a wish', () => {
  it('is kept with its place in the zone’s list and the job, and goes waiting, accepted, insync', async () => {
    const id = await put('a.x', a('a.x', '1'), { slack_channel: 'ops' });
    expect(await shown('a.x')).toBe('PENDING a.x 1');
    expect(await zones.take(ZONE, 10)).toEqual([{ id, record: id, force: false, wished: a('a.x', '1') }]);
    expect(await createOpenJobs(test.redis, test.keys).load(JOB.id)).toEqual(JOB);
    expect(await records.loadSet(id)).toMatchObject({ state: 'waiting', hostname: 'a.x', slack_channel: 'ops' });

    await end({ [id]: 'C1' });
    expect([await shown('a.x'), await stateOf(id), await waitingIds()]).toEqual(['PENDING a.x 1', 'accepted', []]);
    expect(await zones.loadChange('C1')).toMatchObject({ sets: [{ id, wished: a('a.x', '1'), is_latest: true }] });
    await zones.settleChange('C1', new Map(), [], now);
    expect([await shown('a.x'), await stateOf(id)]).toEqual(['INSYNC a.x 1', 'insync']);
    expect(await zones.loadChange('C1')).toBeUndefined();
    expect(await test.redis.pttl(test.keys.dnsSet(id))).toBeGreaterThan(6 * 86_400_000);
  });

  it('asked for again under its id is the same; with another body it is told so', async () => {
    const id = await put('a.x', a('a.x', '1'));
    expect(await ask('a.x', { id, wished: a('a.x', '1') })).toBe('same');
    expect(await ask('a.x', { id, wished: a('a.x', '2') })).toBe('differs');
    expect(await waitingIds()).toEqual([id]);
    await end({ [id]: 'C1' });
    expect(await ask('a.x', { id, wished: a('a.x', '1') })).toBe('same');
    expect(await waitingIds()).toEqual([]);
  });

  it('that fails says why, and remembers what stood there before', async () => {
    const first = await put('a.x', a('a.x', '1'));
    await end({ [first]: 'C1' }, 'INSYNC');
    expect(await shown('a.x')).toBe('INSYNC a.x 1');
    const second = await put('a.x', a('a.x', '2'));
    await end({ [second]: 'failed' });
    expect([await shown('a.x'), await stateOf(second)]).toEqual(['FAILED a.x 2 change-refused', 'failed']);
    expect((await records.loadSet(second))?.error).toEqual(REFUSED);
    await put('a.x', a('a.x', '3'));
    expect([await shown('a.x'), (await zones.take(ZONE, 1))[0]?.applied]).toEqual(['PENDING a.x 3', a('a.x', '1')]);
  });

  it('that was overtaken has the fate of the last one', async () => {
    const [one, two, three] = [await put('a.x', a('a.x', '1')), await put('a.x', a('a.x', '2')), freshId()];
    await end({ [one]: 'superseded' });
    expect(await records.loadSet(one)).toMatchObject({ state: 'waiting', superseded_by: two });
    await ask('a.x', { id: three, wished: a('a.x', '3') });
    await end({ [two]: 'superseded' });
    await end({ [three]: 'C1' });
    expect(await records.loadSet(one)).toMatchObject({ state: 'accepted', superseded_by: three, change_id: 'C1' });
    await zones.settleChange('C1', new Map(), [], now);
    expect(await Promise.all([one, two, three].map(stateOf))).toEqual(['insync', 'insync', 'insync']);
  });

  it('that ends behind a newer one changes what is applied, not what is shown', async () => {
    const one = await put('a.x', a('a.x', '1'));
    const two = await put('a.x', a('a.x', '2'));
    await end({ [one]: 'C1' });
    expect([await shown('a.x'), (await zones.take(ZONE, 1))[0]?.applied]).toEqual(['PENDING a.x 2', a('a.x', '1')]);
    await zones.settleChange('C1', new Map(), [], now);
    expect([await shown('a.x'), await stateOf(one)]).toEqual(['PENDING a.x 2', 'insync']);
    await end({ [two]: 'C2' });
    await zones.settleChange('C2', new Map(), [], now);
    expect(await shown('a.x')).toBe('INSYNC a.x 2');
  });

  it('that changes nothing is in sync with what put it there', async () => {
    const one = await put('a.x', a('a.x', '1'));
    await end({ [one]: 'C1' });
    const two = await put('a.x', a('a.x', '1'));
    await end({ [two]: 'unchanged' });
    expect([await shown('a.x'), await stateOf(two)]).toEqual(['PENDING a.x 1', 'accepted']);
    await zones.settleChange('C1', new Map(), [], now);
    expect([await shown('a.x'), await stateOf(two)]).toEqual(['INSYNC a.x 1', 'insync']);
    const three = await put('a.x', a('a.x', '1'));
    await end({ [three]: 'unchanged' });
    expect([await shown('a.x'), await stateOf(three)]).toEqual(['INSYNC a.x 1', 'insync']);
  });

  it('of a change that is known no more fails where it is gone, but for records that have moved on', async () => {
    const [one, two] = [await put('a.x', a('a.x', '1')), await put('b.x', a('b.x', '1'))];
    await end({ [one]: 'C1', [two]: 'C1' });
    const three = await put('b.x', a('b.x', '2'));
    await end({ [three]: 'C2' });
    const change = await zones.loadChange('C1');
    expect(change?.sets.map(({ id, is_latest }) => [id, is_latest])).toEqual([
      [one, true],
      [two, false],
    ]);
    await zones.settleChange('C1', new Map([[one, REFUSED]]), [JOB], now);
    expect(await Promise.all([shown('a.x'), shown('b.x')])).toEqual(['FAILED a.x 1 change-refused', 'PENDING b.x 2']);
    expect(await Promise.all([one, two, three].map(stateOf))).toEqual(['failed', 'insync', 'accepted']);
  });
});

describe('a deletion', () => {
  it('shows what is to go until it is accepted; then there is no record', async () => {
    const one = await put('a.x', a('a.x', '1'));
    await end({ [one]: 'C1' });
    const two = await remove('a.x');
    expect(await shown('a.x')).toBe('PENDING a.x 1 leaving');
    await end({ [two]: 'C2' });
    expect([await shown('a.x'), await stateOf(two), await listed()]).toEqual(['unknown', 'accepted', []]);
    await zones.settleChange('C1', new Map(), [], now);
    await zones.settleChange('C2', new Map(), [], now);
    expect([await shown('a.x'), await stateOf(two), await ask('a.x', { must_exist: true })]).toEqual([
      'unknown',
      'insync',
      'unknown',
    ]);
    expect(await test.redis.exists(test.keys.dnsRecord(one))).toBe(0);
  });

  it('does not forget a record for which a newer wish waits', async () => {
    const one = await put('a.x', a('a.x', '1'));
    await end({ [one]: 'C1' });
    const two = await remove('a.x');
    const three = await put('a.x', a('a.x', '2'));
    await end({ [two]: 'C2' });
    expect([await shown('a.x'), (await zones.take(ZONE, 1))[0]]).toEqual([
      'PENDING a.x 2',
      { id: three, record: one, force: false, wished: a('a.x', '2') },
    ]);
  });

  it('of what never was in the zone is done at once; of what is still on its way there it waits', async () => {
    const one = await put('a.x', a('a.x', '1'));
    const two = await remove('a.x');
    expect(await waitingIds()).toEqual([one, two]);
    await end({ [one]: 'superseded', [two]: 'unchanged' });
    expect([await shown('a.x'), await stateOf(one)]).toEqual(['unknown', 'insync']);

    const three = await put('b.x', a('b.x', '1'));
    await end({ [three]: 'failed' });
    expect(await shown('b.x')).toBe('FAILED b.x 1 change-refused');
    const four = freshId();
    expect(await ask('b.x', { id: four, must_exist: true })).toBe('forgotten');
    expect(await ask('b.x', { id: four, must_exist: true })).toBe('same');
    expect([await shown('b.x'), await stateOf(four), await waitingIds()]).toEqual(['unknown', 'insync', []]);
  });

  it('that fails shows what still stands there', async () => {
    const one = await put('a.x', a('a.x', '1'));
    await end({ [one]: 'C1' });
    const two = await remove('a.x');
    await end({ [two]: 'failed' });
    expect(await shown('a.x')).toBe('FAILED a.x 1 leaving change-refused');
  });
});

describe('a rename', () => {
  it('has both names until it is accepted, then the old one is free', async () => {
    const one = await put('a.x', a('a.x', '1'));
    await end({ [one]: 'C1' });
    const two = await put('a.x', a('b.x', '1'));
    expect(await Promise.all([shown('a.x'), shown('b.x')])).toEqual(['PENDING a.x 1 b.x', 'PENDING b.x 1']);
    expect(await ask('a.x', { wished: a('a.x', '9') })).toBe('being-renamed');
    expect((await zones.take(ZONE, 1))[0]).toMatchObject({ record: one, applied: a('a.x', '1') });
    await end({ [two]: 'C2' });
    expect(await Promise.all([shown('a.x'), shown('b.x'), listed()])).toEqual(['unknown', 'PENDING b.x 1', ['b.x']]);
    await zones.settleChange('C2', new Map(), [], now);
    expect(await shown('b.x')).toBe('INSYNC b.x 1');
    const three = await put('a.x', a('a.x', '2'));
    await end({ [three]: 'C3' });
    expect(await listed()).toEqual(['a.x', 'b.x']);
  });

  it('that fails leaves the record as it was, and a note under the new name that is in nobody’s way', async () => {
    const one = await put('a.x', a('a.x', '1'));
    await end({ [one]: 'C1' });
    const two = await put('a.x', a('b.x', '1'));
    await end({ [two]: 'failed' });
    expect(await Promise.all([shown('a.x'), shown('b.x')])).toEqual(['PENDING a.x 1', 'FAILED b.x 1 change-refused']);
    await zones.settleChange('C1', new Map(), [], now);
    expect([await shown('a.x'), await listed()]).toEqual(['INSYNC a.x 1', ['a.x', 'b.x']]);

    const three = await put('a.x', a('b.x', '1'));
    await end({ [three]: 'C2' });
    expect(await Promise.all([shown('a.x'), shown('b.x'), listed()])).toEqual(['unknown', 'PENDING b.x 1', ['b.x']]);
  });

  it('onto a managed name, or of a name that nobody has, is refused', async () => {
    await put('a.x', a('a.x', '1'));
    await put('b.x', a('b.x', '1'));
    expect(await ask('a.x', { wished: a('b.x', '2'), must_exist: true })).toBe('taken');
    expect(await ask('c.x', { wished: a('d.x', '2'), must_exist: true })).toBe('unknown');
    expect(await waitingIds()).toHaveLength(2);
  });

  it('goes on from where the record is, whatever waits in between', async () => {
    const one = await put('a.x', a('a.x', '1'));
    await end({ [one]: 'C1' });
    const two = await put('a.x', a('b.x', '1'));
    const three = await put('b.x', a('c.x', '1'));
    expect(await Promise.all(['a.x', 'b.x', 'c.x'].map(shown))).toEqual([
      'PENDING a.x 1 c.x',
      'PENDING a.x 1 c.x',
      'PENDING c.x 1',
    ]);
    expect(await ask('z.x', { wished: a('b.x', '1') })).toBe('taken');
    await end({ [two]: 'failed' });
    expect((await zones.take(ZONE, 1))[0]).toMatchObject({ id: three, applied: a('a.x', '1') });
    await end({ [three]: 'C2' });
    expect(await Promise.all(['a.x', 'b.x', 'c.x'].map(shown))).toEqual(['unknown', 'unknown', 'PENDING c.x 1']);
  });
});

describe('a rename that a deletion has overtaken', () => {
  it('leaves the record under its old name, and only that, where the deletion fails', async () => {
    for (const fate of ['superseded', 'failed'] as const) {
      const one = await put('a.x', a('a.x', '1'));
      await end({ [one]: 'C1' });
      const two = await put('a.x', a('b.x', '1'));
      const three = await remove('b.x');
      await end({ [two]: fate, [three]: 'failed' });
      expect(await Promise.all([shown('a.x'), shown('b.x'), listed()])).toEqual([
        'FAILED a.x 1 leaving change-refused',
        'unknown',
        ['a.x'],
      ]);
      const four = await remove('a.x');
      await end({ [four]: 'C2' });
      expect(await listed()).toEqual([]);
    }
  });
});

describe('a zone', () => {
  it('goes on behind a waiting set that is lost', async () => {
    const lost = await put('a.x', a('a.x', '1'));
    const next = await put('b.x', a('b.x', '1'));
    await test.redis.del(test.keys.dnsSet(lost));
    expect((await zones.take(ZONE, 1)).map(({ id }) => id)).toEqual([next]);
    expect(await waitingIds()).toEqual([next]);
  });

  it('of which nothing stands any more (it is gone) leaves notes, that can be deleted or made in another', async () => {
    const error: ErrorRecord = { kind: 'unprocessable', code: 'zone-not-found', message: 'gone' };
    const fail = (id: string, record: string): Promise<boolean> =>
      zones.store(ZONE, 3, { state: EMPTY_DRAIN, outcomes: [{ id, record, result: 'failed', error }] }, (now += 1));
    const one = await put('a.x', a('a.x', '1'));
    await end({ [one]: 'C1' });
    await fail(await put('a.x', a('a.x', '2')), one);
    expect(await shown('a.x')).toBe('FAILED a.x 2 zone-not-found');
    await put('a.x', a('a.x', '2'), { zone_id: 'Z2' });
    const two = await put('b.x', a('b.x', '1'));
    await end({ [two]: 'C2' });
    await fail(await put('b.x', a('c.x', '2')), two);
    expect([await shown('b.x'), await shown('c.x')]).toEqual(['unknown', 'FAILED c.x 2 zone-not-found']);
    expect(await ask('c.x', { must_exist: true })).toBe('forgotten');
  });

  it('keeps its state and its trouble, fenced: who was replaced can store nothing', async () => {
    const id = await put('a.x', a('a.x', '1'));
    const [waiting] = await zones.take(ZONE, 1);
    if (waiting === undefined) throw new Error('nothing waits');
    const state = {
      version: 1,
      batches: [{ phase: 'ready', sets: [{ ...waiting, changes: [], refusals: 0 }] }],
    } as const;
    const trouble = { since: 1, last_at: 2, tries: 3 };
    expect(await zones.load(ZONE)).toEqual({ drain: EMPTY_DRAIN });
    const accepted = { id, record: id, result: 'accepted', change_id: 'C1', status: 'PENDING' } as const;
    expect(await zones.store(ZONE, 2, { state, outcomes: [accepted], trouble, jobs: [JOB] }, now)).toBe(false);
    expect([await zones.load(ZONE), await stateOf(id)]).toEqual([{ drain: EMPTY_DRAIN }, 'waiting']);
    const job = { ...JOB, id: 'follow-change-C1' };
    expect(await zones.store(ZONE, 3, { state, outcomes: [], trouble, jobs: [job] }, now)).toBe(true);
    expect(await zones.load(ZONE)).toEqual({ drain: state, trouble });
    expect(await createOpenJobs(test.redis, test.keys).load(job.id)).toEqual(job);
  });

  it('is the record’s for good: another one is refused, unless nothing of it ever stood in the first', async () => {
    const one = await put('a.x', a('a.x', '1'));
    expect(await ask('a.x', { zone_id: 'Z2', wished: a('a.x', '2') })).toBe('other-zone');
    await end({ [one]: 'failed' });
    await put('a.x', a('a.x', '2'), { zone_id: 'Z2' });
    expect((await records.loadRecord('a.x'))?.zone_id).toBe('Z2');
  });

  it('takes a thousand wishes in, in their order, and ends them together', async () => {
    const ids = await Promise.all(
      Array.from({ length: 1000 }, (_, count) => put(`n${count}.x`, a(`n${count}.x`, String(count)))),
    );
    expect((await zones.take(ZONE, 600)).map(({ id }) => id)).toEqual(
      (await zones.take(ZONE, 2000)).map(({ id }) => id).slice(0, 600),
    );
    const startedAt = performance.now();
    const outcomes = ids.map((id, count): Outcome => {
      return { id, record: id, result: 'accepted', change_id: 'C1', status: 'PENDING', applied: a(`n${count}.x`, '1') };
    });
    expect(await zones.store(ZONE, 3, { state: EMPTY_DRAIN, outcomes }, now)).toBe(true);
    console.log(`1000 outcomes were stored in ${Math.round(performance.now() - startedAt)} ms`);
    await zones.settleChange('C1', new Map(), [], now);
    expect(await records.listRecords(20, 50)).toMatchObject({ more: false, records: { length: 50 } });
    const { records: page, more } = await records.listRecords(1, 50);
    expect([page[0]?.hostname, page[0]?.status, more]).toEqual(['n0.x', 'INSYNC', true]);
  });
});
