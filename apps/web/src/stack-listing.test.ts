import type { Fleet } from '@quartermaster/stacks';
import type { StackCache } from '@quartermaster/stores';
import { createStackListing } from './stack-listing.js';

const fleetOf = (Name: string): Fleet => ({
  stacks: [{ StackId: 's', Name, Region: 'us-east-1' }],
  layers: [],
  instances: [],
});

/** A cache that counts how often the whole of it was read. */
function playCache(): { cache: StackCache; holds: { name: string; refreshedAt: number }; loads: () => number } {
  const holds = { name: 'a', refreshedAt: 1000 };
  let loads = 0;
  const meta = () => ({ version: holds.name, refreshed_at: holds.refreshedAt });
  const cache: StackCache = {
    meta: () => Promise.resolve(meta()),
    load: async () => {
      loads += 1;
      const read = { meta: meta(), fleet: fleetOf(holds.name) };
      await new Promise((resolve) => setImmediate(resolve));
      return read;
    },
    replace: () => Promise.reject(new Error('web writes nothing')),
  };
  return { cache, holds, loads: () => loads };
}

describe('the listing of stacks', () => {
  it('reads the whole fleet once per version, however many ask at once', async () => {
    const { cache, holds, loads } = playCache();
    const listing = createStackListing(cache);
    const seen = await Promise.all(Array.from({ length: 20 }, () => listing.current()));
    expect(new Set(seen.map(({ fleet }) => fleet.stacks[0]?.Name))).toEqual(new Set(['a']));
    holds.refreshedAt = 2000;
    expect((await listing.current()).refreshedAt).toBe(2000);
    expect(loads()).toBe(1);
  });

  it('shows a change to whoever asks after it, also while what was there before is being read', async () => {
    const { cache, holds, loads } = playCache();
    const listing = createStackListing(cache);
    const first = listing.current();
    await new Promise((resolve) => process.nextTick(resolve));
    await Promise.resolve();
    holds.name = 'b';
    const [, { fleet, etag }] = await Promise.all([first, listing.current()]);
    expect(fleet.stacks[0]?.Name).toBe('b');
    expect(etag).toBe('W/"b"');
    expect(loads()).toBeLessThanOrEqual(2);
  });
});
