import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createOpenJobs, type OpenJob, type OpenJobs } from './open-jobs.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const SETTLE_MS = 30_000;

let test: TestRedis;
let openJobs: OpenJobs;
beforeEach(async () => {
  test = await openTestRedis();
  openJobs = createOpenJobs(test.redis, test.keys);
});
afterEach(() => test.close());

const job = (id: string): OpenJob => ({ id, name: 'build-instances', payload: { build_id: id }, request_id: 'r1' });
const dueIds = async (now: number): Promise<string[]> => (await openJobs.due(now, 10)).map(({ id }) => id);

describe('an open job', () => {
  it('is looked after half a minute after it was opened, whole, oldest first', async () => {
    await openJobs.open(job('b2'), NOW + 1);
    await openJobs.open(job('b1'), NOW);
    expect(await dueIds(NOW + SETTLE_MS - 1)).toEqual([]);
    expect(await openJobs.due(NOW + SETTLE_MS + 1, 10)).toEqual([job('b1'), job('b2')]);
    expect(await openJobs.due(NOW + SETTLE_MS + 1, 1)).toEqual([job('b1')]);
  });

  it('that is to start later is looked after half a minute after its time', async () => {
    await openJobs.open({ ...job('b1'), due_at: NOW + 60_000 }, NOW);
    expect(await dueIds(NOW + 60_000 + SETTLE_MS - 1)).toEqual([]);
    expect(await dueIds(NOW + 60_000 + SETTLE_MS)).toEqual(['b1']);
  });

  it('is looked at again half a minute after that, until it is closed', async () => {
    await openJobs.open(job('b1'), NOW);
    await openJobs.postpone('b1', NOW + SETTLE_MS);
    expect(await dueIds(NOW + 2 * SETTLE_MS - 1)).toEqual([]);
    expect(await dueIds(NOW + 2 * SETTLE_MS)).toEqual(['b1']);
    await openJobs.close('b1');
    expect([await dueIds(NOW * 2), await openJobs.load('b1')]).toEqual([[], undefined]);
  });

  it('that was closed while somebody looked after it stays closed', async () => {
    await openJobs.open(job('b1'), NOW);
    await openJobs.close('b1');
    await openJobs.postpone('b1', NOW);
    await openJobs.close('b1');
    expect(await test.redis.exists(test.keys.openJobs, test.keys.openJobSpecs)).toBe(0);
  });
});
