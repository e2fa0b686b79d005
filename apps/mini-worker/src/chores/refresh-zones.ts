import type { DnsPort } from '@quartermaster/dns';
import { waitForSlot, type RequestSlots, type ZoneCache } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** Brings the cache of hosted zones to what Route 53 lists. When it can't be reached the list stays, and its age grows. */
export function createRefreshZones(dns: Pick<DnsPort, 'listZones'>, cache: ZoneCache, slots: RequestSlots): Chore {
  return {
    name: 'refresh-zones',
    run: async (guard) => {
      // It counts against the account's limit as everything else does.
      const slot = await waitForSlot(slots, 'refresh-zones', 'follow', guard);
      try {
        const startedAt = Date.now();
        const zones = await dns.listZones();
        guard.assertHeld();
        await cache.replace(zones, startedAt);
      } finally {
        await slot.end();
      }
    },
  };
}
