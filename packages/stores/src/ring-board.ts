import type { RingFigures } from '@quartermaster/couchdb';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

/** A ring as it was seen last. */
export type SeenRing = RingFigures & { readonly cluster: string };

/** How far the rings of CouchDB clusters have come, as workers saw it. Clusters by their names, as of `clusterName`. */
export interface RingBoard {
  note(cluster: string, figures: RingFigures): Promise<void>;
  /** Of these clusters, in this order. What nobody has seen for some minutes is not there. */
  list(clusters: readonly string[]): Promise<SeenRing[]>;
}

/** How long (ms) it counts what was seen: several of the rounds in which it is looked at. */
const SHOWN_MS = 300_000;

export function createRingBoard(redis: Redis, keys: Keys): RingBoard {
  return {
    note: async (cluster, figures) => {
      await redis.set(keys.couchdbRing(cluster), JSON.stringify(figures), 'PX', SHOWN_MS);
    },
    list: async (clusters) => {
      if (clusters.length === 0) return [];
      const found = await redis.mget(clusters.map((cluster) => keys.couchdbRing(cluster)));
      return clusters.flatMap((cluster, index) => {
        const json = found[index];
        return json ? [{ cluster, ...(JSON.parse(json) as RingFigures) }] : [];
      });
    },
  };
}
