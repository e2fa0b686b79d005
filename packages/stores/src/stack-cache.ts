import { createHash } from 'node:crypto';
import type { Fleet } from '@quartermaster/stacks';
import type { CacheMeta } from './instance-cache.js';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

export interface StackCache {
  meta(): Promise<CacheMeta>;
  load(): Promise<{ meta: CacheMeta; fleet: Fleet }>;
  replace(fleet: Fleet, now: number): Promise<void>;
}

const EMPTY: Fleet = { stacks: [], layers: [], instances: [] };

/** The fleet of stacks as one value: readers keep it by its version, and ask only for that. */
export function createStackCache(redis: Redis, keys: Keys): StackCache {
  return {
    meta: async () => {
      const [version, refreshedAt] = await redis.hmget(keys.stacks, 'version', 'refreshed_at');
      return { version: version ?? '', refreshed_at: Number(refreshedAt ?? '0') };
    },
    load: async () => {
      const { version = '', fleet, refreshed_at: refreshedAt = '0' } = await redis.hgetall(keys.stacks);
      return {
        meta: { version, refreshed_at: Number(refreshedAt) },
        fleet: fleet === undefined ? EMPTY : (JSON.parse(fleet) as Fleet),
      };
    },
    replace: async (fleet, now) => {
      const json = JSON.stringify(fleet);
      const version = createHash('sha1').update(json).digest('base64url');
      await redis.hset(keys.stacks, { version, fleet: json, refreshed_at: String(now) });
    },
  };
}
