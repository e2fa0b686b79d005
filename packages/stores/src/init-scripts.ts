import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Rendered init scripts, gzipped, each with an end. They hold secrets: nothing but their own route reads them. */
export interface InitScripts {
  /** Keeps a script, or keeps it anew: its time counts from now. */
  keep(buildId: string, script: string, ttlMs: number): Promise<void>;
  load(buildId: string): Promise<string | undefined>;
}

export function createInitScripts(redis: Redis, keys: Keys): InitScripts {
  return {
    keep: async (buildId, script, ttlMs) => {
      await redis.set(keys.initScript(buildId), await compress(script), 'PX', ttlMs);
    },
    load: async (buildId) => {
      const zipped = await redis.getBuffer(keys.initScript(buildId));
      return zipped === null ? undefined : (await decompress(zipped)).toString('utf8');
    },
  };
}
