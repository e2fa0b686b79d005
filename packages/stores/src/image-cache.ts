import type { Image } from '@quartermaster/instances';
import type { CacheMeta } from './instance-cache.js';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

export interface ImageCache {
  load(): Promise<{ meta: CacheMeta; images: Image[] }>;
  replace(images: readonly Image[], now: number): Promise<void>;
}

/** Images are few: one value holds them all, and its own text tells whether it changed. */
export function createImageCache(redis: Redis, keys: Keys): ImageCache {
  return {
    load: async () => {
      const hash = await redis.hgetall(keys.images);
      const json = hash['images'] ?? '[]';
      return {
        meta: { version: json, refreshed_at: Number(hash['refreshed_at'] ?? '0') },
        images: JSON.parse(json) as Image[],
      };
    },
    replace: async (images, now) => {
      await redis.hset(keys.images, { images: JSON.stringify(images), refreshed_at: String(now) });
    },
  };
}
