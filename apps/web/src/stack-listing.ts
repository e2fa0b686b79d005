import type { Fleet } from '@quartermaster/stacks';
import type { StackCache } from '@quartermaster/stores';

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

interface Loaded {
  readonly version: string;
  readonly fleet: Fleet;
}

const NEVER_READ: Loaded = { version: '', fleet: { stacks: [], layers: [], instances: [] } };

export function createStackListing(cache: StackCache): StackListing {
  let loaded: Loaded | undefined;
  let loading: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    const { meta, fleet } = await cache.load();
    loaded = { version: meta.version, fleet };
  };

  return {
    current: async () => {
      const meta = await cache.meta();
      // One that is under way began earlier, and may have read what was there before.
      if (loaded?.version !== meta.version) await loading;
      if (loaded?.version !== meta.version) {
        loading ??= load().finally(() => (loading = undefined));
        await loading;
      }
      const { version, fleet } = loaded ?? NEVER_READ;
      return { fleet, etag: `W/"${version}"`, refreshedAt: meta.refreshed_at };
    },
  };
}
