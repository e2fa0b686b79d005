import type { CacheMeta } from './instance-cache.js';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

/** An image as the API lists it. */
export interface ListedImage {
  readonly ami: string;
  readonly active: boolean;
  readonly role: string;
  readonly name: string;
  readonly state: string;
}

export interface ImageCache {
  load(): Promise<{ meta: CacheMeta; images: ListedImage[] }>;
  replace(images: readonly ListedImage[], now: number): Promise<void>;
}

/** Images are few: one value holds them all, and its own text tells whether it changed. */
export function createImageCache(redis: Redis, keys: Keys): ImageCache {
  return {
    load: async () => {
      const hash = await redis.hgetall(keys.images);
      const json = hash['images'] ?? '[]';
      return {
        meta: { version: json, refreshed_at: Number(hash['refreshed_at'] ?? '0') },
        images: JSON.parse(json) as ListedImage[],
      };
    },
    replace: async (images, now) => {
      await redis.hset(keys.images, { images: JSON.stringify(images), refreshed_at: String(now) });
    },
  };
}
