import type { DnsPort, Zone } from '@quartermaster/dns';
import { waitForSlot, type RequestSlots, type ZoneCache } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** Brings the cache of hosted zones to what Route 53 lists. When it can't be reached the list stays, and its age grows. */
export function createRefreshZones(dns: Pick<DnsPort, 'listZonePage'>, cache: ZoneCache, slots: RequestSlots): Chore {
  return {
    name: 'refresh-zones',
    run: async (guard) => {
      const startedAt = Date.now();
      const zones: Zone[] = [];
      let marker: string | undefined;
      do {
        // Each page counts against the account's limit as every other request does.
        const slot = await waitForSlot(slots, 'refresh-zones', 'follow', guard);
        try {
          const page = await dns.listZonePage(marker);
          zones.push(...page.zones);
          marker = page.next_marker;
        } finally {
          await slot.end();
        }
      } while (marker !== undefined);
      guard.assertHeld();
      await cache.replace(zones, startedAt);
    },
  };
}
