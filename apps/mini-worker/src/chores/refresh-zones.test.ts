import type { Zone, ZonePage } from '@quartermaster/dns';
import { AppError, type EffectGuard } from '@quartermaster/foundation';
import type { RequestSlots, SlotClaim, ZoneCache } from '@quartermaster/stores';
import { createRefreshZones } from './refresh-zones.js';

const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const ZONE: Zone = { id: 'Z1', name: 'example.com', is_private: false };

function createWorld(pauses: number[], listPage: (marker?: string) => Promise<ZonePage>) {
  const seen: string[] = [];
  const replace: ZoneCache['replace'] = (zones) => Promise.resolve(void seen.push(`keeps ${zones.length}`));
  const cache = { replace } as unknown as ZoneCache;
  const slots: RequestSlots = {
    claim: (claimant, lane) => {
      seen.push(`${claimant} claims to ${lane}`);
      const retry_ms = pauses.shift();
      return Promise.resolve(retry_ms === undefined ? grant(seen) : { retry_ms });
    },
  };
  const listZonePage = (marker?: string): Promise<ZonePage> => {
    seen.push(marker === undefined ? 'lists' : `lists from ${marker}`);
    return listPage(marker);
  };
  return { seen, chore: createRefreshZones({ listZonePage }, cache, slots) };
}

function grant(seen: string[]): SlotClaim {
  return { slot: { reached: () => Promise.resolve(), end: () => Promise.resolve(void seen.push('ends')) } };
}
const CLAIMS = 'refresh-zones claims to follow';

describe('refreshing the zones', () => {
  it('waits for its slot, and keeps what Route 53 lists', async () => {
    const { seen, chore } = createWorld([5, 1], () => Promise.resolve({ zones: [ZONE] }));
    await chore.run(guard);
    expect(seen).toEqual([CLAIMS, CLAIMS, CLAIMS, 'lists', 'ends', 'keeps 1']);
  });

  it('takes a slot for each page', async () => {
    const { seen, chore } = createWorld([], (marker) =>
      Promise.resolve(marker === undefined ? { zones: [ZONE], next_marker: 'Z2' } : { zones: [{ ...ZONE, id: 'Z2' }] }),
    );
    await chore.run(guard);
    expect(seen).toEqual([CLAIMS, 'lists', 'ends', CLAIMS, 'lists from Z2', 'ends', 'keeps 2']);
  });

  it('keeps the former list when Route 53 gives none', async () => {
    const gone = new AppError('unavailable', 'route53-unavailable', 'no answer');
    const { seen, chore } = createWorld([], () => Promise.reject(gone));
    await expect(chore.run(guard)).rejects.toThrow('no answer');
    expect(seen).toEqual([CLAIMS, 'lists', 'ends']);
  });
});
