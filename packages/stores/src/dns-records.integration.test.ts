import { createOpenJobs } from './open-jobs.js';
import {
  a,
  ask,
  beginEachWithoutRecords,
  end,
  freshId,
  JOB,
  listed,
  now,
  put,
  records,
  REFUSED,
  remove,
  shown,
  stateOf,
  test,
  waitingIds,
  ZONE,
  zones,
} from './testing/dns-wishes.js';

beginEachWithoutRecords();

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
