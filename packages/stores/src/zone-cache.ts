import type { Zone } from '@quartermaster/dns';
import type { Redis } from './connect.js';
import type { CacheMeta } from './instance-cache.js';
import type { Keys } from './keys.js';

export interface ZoneCache {
  load(): Promise<{ meta: CacheMeta; zones: Zone[] }>;
  replace(zones: readonly Zone[], now: number): Promise<void>;
}

/** Zones are few: one value holds them all, and its own text tells whether it changed. */
export function createZoneCache(redis: Redis, keys: Keys): ZoneCache {
  return {
    load: async () => {
      const hash = await redis.hgetall(keys.zones);
      const json = hash['zones'] ?? '[]';
      return {
        meta: { version: json, refreshed_at: Number(hash['refreshed_at'] ?? '0') },
        zones: JSON.parse(json) as Zone[],
      };
    },
    replace: async (zones, now) => {
      await redis.hset(keys.zones, { zones: JSON.stringify(zones), refreshed_at: String(now) });
    },
  };
}
