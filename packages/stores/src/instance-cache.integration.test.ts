import type { CloudInstance } from '@quartermaster/instances';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createInstanceCache, type InstanceCache } from './instance-cache.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const HOUR_MS = 3_600_000;

let test: TestRedis;
let cache: InstanceCache;
beforeEach(async () => {
  test = await openTestRedis();
  cache = createInstanceCache(test.redis, test.keys);
});
afterEach(() => test.close());

function instance(id: string, fields: Partial<CloudInstance> = {}): CloudInstance {
  const where = { queue: 'docker', env: 'staging', site: 'org', role: 'worker' };
  const shown = { name: '', instance_type: 'c3.large', image_id: 'ami-1', ip: '', private_ip: '10.0.0.1' };
  const launch_time = '2026-01-02T03:04:05.000Z';
  return { id, ...shown, ...where, launch_time, state: 'pending', managed: true, build_id: 'b1', ...fields };
}
const managed = async (): Promise<string[]> => (await test.redis.smembers(test.keys.managedInstances)).sort();
const ids = async (): Promise<string[]> => [...(await cache.loadAll()).instances.keys()].sort();

describe('the cache of instances', () => {
  it('is empty, of no age, before anybody has looked', async () => {
    expect(await cache.meta()).toEqual({ version: '0', refreshed_at: 0 });
    expect(await ids()).toEqual([]);
    expect(await cache.load('i-1')).toBeUndefined();
  });

  it('shows what was put in, counts what this installation made, and does not claim to be fresh', async () => {
    await cache.put([instance('i-1'), instance('i-2', { managed: false })], NOW);
    expect(await cache.load('i-1')).toEqual(instance('i-1'));
    expect((await cache.loadAll()).instances.get('i-2')?.written_at).toBe(NOW);
    expect(await managed()).toEqual(['i-1']);
    expect(await cache.meta()).toEqual({ version: expect.stringMatching(/-1$/), refreshed_at: 0 });
    await cache.put([instance('i-1', { managed: false })], NOW);
    expect(await managed()).toEqual([]);
  });

  it('renames only what is there, and leaves the rest of it as it was', async () => {
    await cache.put([instance('i-1', { ip: '1.2.3.4' })], NOW);
    await cache.rename([{ id: 'i-1', name: 'worker/é "1"' }, instance('i-gone')], NOW + 5);
    expect(await cache.load('i-1')).toEqual(instance('i-1', { ip: '1.2.3.4', name: 'worker/é "1"' }));
    expect((await cache.loadAll()).instances.get('i-1')?.written_at).toBe(NOW + 5);
    expect(await ids()).toEqual(['i-1']);
  });

  it('remembers for an hour what was taken off', async () => {
    await cache.put([instance('i-1'), instance('i-2')], NOW);
    await cache.forget('i-1', NOW + 1);
    await cache.forget('i-1', NOW + 2);
    expect([await ids(), await managed()]).toEqual([['i-2'], ['i-2']]);
    expect(await cache.forgotten()).toEqual(new Map([['i-1', NOW + 2]]));
    await cache.applyRefresh({ write: [], remove: [] }, (await cache.meta()).version, NOW + 2 + HOUR_MS);
    expect(await cache.forgotten()).toEqual(new Map());
  });
});

describe('a refresh', () => {
  it('writes and removes, and tells when it was; without a change the version stays', async () => {
    await cache.put([instance('i-1'), instance('i-2')], NOW);
    const change = { write: [instance('i-3')], remove: ['i-1'] };
    expect(await cache.applyRefresh(change, (await cache.meta()).version, NOW + 10)).toBe(true);
    expect([await ids(), await managed()]).toEqual([
      ['i-2', 'i-3'],
      ['i-2', 'i-3'],
    ]);
    const { version } = await cache.meta();
    expect(await cache.meta()).toEqual({ version: expect.stringMatching(/-2$/), refreshed_at: NOW + 10 });
    expect(await cache.applyRefresh({ write: [], remove: [] }, version, NOW + 20)).toBe(true);
    expect(await cache.meta()).toEqual({ version, refreshed_at: NOW + 20 });
  });

  it.each<[string, () => Promise<void>]>([
    ['launched', () => cache.put([instance('i-new')], NOW)],
    ['terminated', () => cache.forget('i-1', NOW)],
    ['renamed', () => cache.rename([{ id: 'i-1', name: 'new' }], NOW)],
  ])('changes nothing where an instance was %s since it was planned', async (_what, happens) => {
    await cache.put([instance('i-1')], NOW);
    const { version } = await cache.meta();
    await happens();
    const before = await cache.loadAll();
    expect(await cache.applyRefresh({ write: [instance('i-9')], remove: ['i-1'] }, version, NOW + 10)).toBe(false);
    expect(await cache.loadAll()).toEqual(before);
  });

  it('of two that were planned on the same version applies one', async () => {
    await cache.put([instance('i-1')], NOW);
    const { version } = await cache.meta();
    const plans = ['i-8', 'i-9'].map((id) => cache.applyRefresh({ write: [instance(id)], remove: [] }, version, NOW));
    expect((await Promise.all(plans)).filter((applied) => applied)).toHaveLength(1);
  });

  it('takes thousands of instances at once', async () => {
    const write = Array.from({ length: 5000 }, (_, i) => instance(`i-${i}`));
    expect(await cache.applyRefresh({ write, remove: [] }, '0', NOW)).toBe(true);
    expect((await cache.loadAll()).instances.size).toBe(5000);
  });
});
