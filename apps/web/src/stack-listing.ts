import type { Fleet } from '@quartermaster/stacks';
import type { StackCache } from '@quartermaster/stores';
import { createVersionedCopy } from './versioned-copy.js';

export interface StackListing {
  /** The fleet as the cache holds it now: one small question to Redis, and the whole of it only after a change. */
  current(): Promise<StackSnapshot>;
}

export interface StackSnapshot {
  readonly fleet: Fleet;
  /** Of the whole fleet. */
  readonly etag: string;
  /** ms since 1970; 0: never. */
  readonly refreshedAt: number;
}

export function createStackListing(cache: StackCache): StackListing {
  const upToDate = createVersionedCopy(
    () => cache.meta(),
    async () => {
      const { meta, fleet } = await cache.load();
      return { version: meta.version, fleet };
    },
  );
  return {
    current: async () => {
      const { meta, copy } = await upToDate();
      return { fleet: copy.fleet, etag: `W/"${copy.version}"`, refreshedAt: meta.refreshed_at };
    },
  };
}
