import { EMPTY_DRAIN, type Outcome } from '@quartermaster/dns';
import type { ErrorRecord } from '@quartermaster/foundation';
import { createOpenJobs } from './open-jobs.js';
import {
  a,
  ask,
  beginEachWithoutRecords,
  end,
  JOB,
  now,
  put,
  records,
  shown,
  stateOf,
  test,
  tick,
  waitingIds,
  ZONE,
  zones,
} from './testing/dns-wishes.js';

beginEachWithoutRecords();

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
      zones.store(ZONE, 3, { state: EMPTY_DRAIN, outcomes: [{ id, record, result: 'failed', error }] }, tick(1));
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
