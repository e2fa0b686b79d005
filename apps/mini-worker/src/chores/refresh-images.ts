import { listedImages, type Ec2Port } from '@quartermaster/instances';
import type { ImageCache } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** Brings the cache of images to what EC2 lists. */
export function createRefreshImages(ec2: Ec2Port, cache: ImageCache): Chore {
  return {
    name: 'refresh-images',
    run: async (guard) => {
      const startedAt = Date.now();
      const images = listedImages(await ec2.listImages());
      guard.assertHeld();
      await cache.replace(images, startedAt);
    },
  };
}
