import type { Zone } from '@quartermaster/dns';
import { AppError } from '@quartermaster/foundation';
import type { ZoneCache } from '@quartermaster/stores';

/** The hosted zones that host names are looked up in. */
export interface ZoneList {
  /** Throws 503 as long as nobody has ever read them from Route 53. */
  load(): Promise<readonly Zone[]>;
}

/** How long (ms) a list counts: they change seldom, and every change of a record asks. */
const LIST_MS = 1_000;
/** The mini-worker's round, and what it takes to start one (s). */
const RETRY_S = 10;

export function createZoneList(cache: Pick<ZoneCache, 'load'>, now: () => number = Date.now): ZoneList {
  let known: { readonly zones: readonly Zone[]; readonly loadedAt: number } | undefined;
  return {
    load: async () => {
      if (known !== undefined && now() - known.loadedAt < LIST_MS) return known.zones;
      const loadedAt = now();
      const { meta, zones } = await cache.load();
      if (meta.refreshed_at === 0) throw notRead();
      known = { zones, loadedAt };
      return zones;
    },
  };
}

function notRead(): AppError {
  const message =
    'The hosted zones have not been read from Route 53 yet, so nobody can tell which one holds a name. ' +
    'The mini-worker reads them; GET /processes shows whether it is there and how old its list is.';
  return new AppError('unavailable', 'zones-not-read', message, { retryAfterSeconds: RETRY_S });
}
