import type { Fleet } from '@quartermaster/stacks';
import type { StackCache } from '@quartermaster/stores';

export interface StackListing {
  /** The fleet as the cache holds it now: one small question to Redis, and the whole of it only after a change. */
  current(): Promise<{ readonly fleet: Fleet; readonly refreshedAt: number }>;
}

export function createStackListing(cache: StackCache): StackListing {
  let loaded: { readonly version: string; readonly fleet: Fleet } | undefined;
  return {
    current: async () => {
      const meta = await cache.meta();
      if (loaded?.version === meta.version) return { fleet: loaded.fleet, refreshedAt: meta.refreshed_at };
      const { meta: now, fleet } = await cache.load();
      loaded = { version: now.version, fleet };
      return { fleet, refreshedAt: now.refreshed_at };
    },
  };
}
