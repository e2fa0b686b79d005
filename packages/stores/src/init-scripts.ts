import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, runScript } from './script.js';

const decompress = promisify(gunzip);

/** A rendered script, zipped, and what its build's credential hashes to. It holds secrets. */
export interface ZippedScript {
  readonly zipped: Buffer;
  readonly credential_hash: string;
}

/** Rendered init scripts, gzipped, each with an end. They hold secrets: nothing but their own route reads them. */
export interface InitScripts {
  /** Keeps a script and its build's credential, or keeps both anew: their time counts from now. */
  keep(buildId: string, script: ZippedScript, ttlMs: number, now: number): Promise<void>;
  /** Keeps a script again whose time was over before that of its credential, which stays as it is. */
  keepAgain(buildId: string, script: ZippedScript, ttlMs: number): Promise<void>;
  load(buildId: string): Promise<string | undefined>;
}

/** KEYS script, build. ARGV zipped, ttl, hash, expires at. A build that is not kept any more is not brought back by it. */
const KEEP = defineScript(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[2], 'secret_hash', ARGV[3], 'secret_expires_at', ARGV[4])
end
`);

/** Zips a script of at most a megabyte: at the usual kilobyte quicker at once than by way of a thread. */
export function zipScript(script: string, credentialHash: string): ZippedScript {
  return { zipped: gzipSync(script), credential_hash: credentialHash };
}

export function createInitScripts(redis: Redis, keys: Keys): InitScripts {
  return {
    keep: async (buildId, { zipped, credential_hash }, ttlMs, now) => {
      const args = [zipped, ttlMs, credential_hash, now + ttlMs];
      await runScript(redis, KEEP, [keys.initScript(buildId), keys.build(buildId)], args);
    },
    keepAgain: async (buildId, { zipped }, ttlMs) => {
      await redis.set(keys.initScript(buildId), zipped, 'PX', ttlMs);
    },
    load: async (buildId) => {
      const zipped = await redis.getBuffer(keys.initScript(buildId));
      return zipped === null ? undefined : (await decompress(zipped)).toString('utf8');
    },
  };
}
