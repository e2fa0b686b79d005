import type { Fleet } from '@quartermaster/stacks';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createStackCache, type StackCache } from './stack-cache.js';

let test: TestRedis;
let cache: StackCache;
beforeEach(async () => {
  test = await openTestRedis();
  cache = createStackCache(test.redis, test.keys);
});
afterEach(() => test.close());

const fleet = (name: string): Fleet => ({
  stacks: [{ StackId: 's', Name: name, Region: 'us-east-1', Attributes: { Color: 'rgb(1, 2, 3)' } }],
  layers: [],
  instances: [],
});

describe('the cache of stacks', () => {
  it('is empty and of no age before the first refresh', async () => {
    expect(await cache.meta()).toEqual({ version: '', refreshed_at: 0 });
    expect(await cache.load()).toEqual({
      meta: { version: '', refreshed_at: 0 },
      fleet: { stacks: [], layers: [], instances: [] },
    });
  });

  it('has the last fleet whole, and another version only where that differs', async () => {
    await cache.replace(fleet('a'), 1000);
    const first = await cache.load();
    expect(first.fleet).toEqual(fleet('a'));
    await cache.replace(fleet('a'), 2000);
    expect(await cache.meta()).toEqual({ version: first.meta.version, refreshed_at: 2000 });
    await cache.replace(fleet('b'), 3000);
    expect((await cache.meta()).version).not.toBe(first.meta.version);
  });
});
