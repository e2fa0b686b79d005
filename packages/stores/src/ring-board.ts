import type { RingFigures } from '@quartermaster/couchdb';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

/** A ring as it was seen last. `at`: ms since 1970. */
export type SeenRing = RingFigures & { readonly cluster: string; readonly at: number };

/** How far the rings of CouchDB clusters have come, as workers saw it. */
export interface RingBoard {
  /** `cluster`: its name, as of `clusterName`. */
  note(cluster: string, figures: RingFigures, now: number): Promise<void>;
  /** By cluster. What nobody has seen for some minutes is not there. */
  list(now: number): Promise<SeenRing[]>;
}

/** How long (ms) it counts what was seen: several of the rounds in which it is looked at. */
const SHOWN_MS = 300_000;

export function createRingBoard(redis: Redis, keys: Keys): RingBoard {
  const load = async (): Promise<SeenRing[]> =>
    Object.values(await redis.hgetall(keys.couchdbRings)).map((json) => JSON.parse(json) as SeenRing);
  return {
    note: async (cluster, figures, now) => {
      await redis.hset(keys.couchdbRings, cluster, JSON.stringify({ cluster, at: now, ...figures } satisfies SeenRing));
      const old = (await load()).filter(({ at }) => now - at >= SHOWN_MS);
      if (old.length > 0) await redis.hdel(keys.couchdbRings, ...old.map((ring) => ring.cluster));
    },
    list: async (now) =>
      (await load()).filter(({ at }) => now - at < SHOWN_MS).sort((a, b) => a.cluster.localeCompare(b.cluster)),
  };
}
