import type { CachedInstance, CloudInstance } from '@quartermaster/instances';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, execute, runScript } from './script.js';

/** The cache as a whole. `version` changes with every change of content, `refreshed_at` with every look at the cloud. */
export interface CacheMeta {
  readonly version: string;
  /** ms since 1970; 0: never. */
  readonly refreshed_at: number;
}

export interface InstanceCache {
  meta(): Promise<CacheMeta>;
  loadAll(): Promise<{ meta: CacheMeta; instances: Map<string, CachedInstance> }>;
  load(id: string): Promise<CloudInstance | undefined>;
  /** Writes instances that a build has just launched. */
  put(instances: readonly CloudInstance[], now: number): Promise<void>;
  /** Sets the names of instances that are (still) in the cache. */
  rename(named: readonly Pick<CloudInstance, 'id' | 'name'>[], now: number): Promise<void>;
  /** Takes a terminated instance off, and remembers that for a while, so that an older listing does not bring it back. */
  forget(id: string, now: number): Promise<void>;
  /** Instance id → when it was taken off. */
  forgotten(): Promise<Map<string, number>>;
  /** Applies a refresh that was planned on `version`; false, and nothing written, where the cache changed meanwhile. */
  applyRefresh(
    change: { write: readonly CloudInstance[]; remove: readonly string[] },
    version: string,
    now: number,
  ): Promise<boolean>;
}

/** How long a taken-off instance is remembered (ms): longer than any listing takes. */
const FORGOTTEN_MS = 3_600_000;

/**
 * A version is unlike any before it, also after a Redis that has lost its last second: a web that holds an older list
 * under the same number would never load the new one.
 */
const VERSION_LUA = `
local function changeVersion(meta, now)
  redis.call('HSET', meta, 'version', now .. '-' .. redis.call('HINCRBY', meta, 'changes', 1))
end
`;

/** KEYS instances, meta, managed, forgotten. ARGV expected version or '', now, refreshed?, number of removals, removals…, (id, json, managed)… */
const CHANGE = defineScript(`${VERSION_LUA}
local version = redis.call('HGET', KEYS[2], 'version') or '0'
if ARGV[1] ~= '' and ARGV[1] ~= version then return 0 end
local removals = tonumber(ARGV[4])
for i = 5, 4 + removals do
  redis.call('HDEL', KEYS[1], ARGV[i])
  redis.call('SREM', KEYS[3], ARGV[i])
end
for i = 5 + removals, #ARGV, 3 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  redis.call(ARGV[i + 2] == '1' and 'SADD' or 'SREM', KEYS[3], ARGV[i])
end
if #ARGV > 4 then changeVersion(KEYS[2], ARGV[2]) end
if ARGV[3] == '1' then redis.call('HSET', KEYS[2], 'refreshed_at', ARGV[2]) end
return 1
`);

/** KEYS instances, meta. ARGV now, (id, name)… */
const RENAME = defineScript(`${VERSION_LUA}
for i = 2, #ARGV, 2 do
  local json = redis.call('HGET', KEYS[1], ARGV[i])
  if json then
    local cached = cjson.decode(json)
    cached.instance.name = ARGV[i + 1]
    cached.written_at = tonumber(ARGV[1])
    redis.call('HSET', KEYS[1], ARGV[i], cjson.encode(cached))
    changeVersion(KEYS[2], ARGV[1])
  end
end
return 1
`);

export function createInstanceCache(redis: Redis, keys: Keys): InstanceCache {
  const cacheKeys = [keys.instances, keys.instancesMeta, keys.managedInstances, keys.forgottenInstances];
  const written = (instances: readonly CloudInstance[], now: number): string[] =>
    instances.flatMap((instance) => [
      instance.id,
      JSON.stringify({ instance, written_at: now } satisfies CachedInstance),
      instance.managed ? '1' : '0',
    ]);

  return {
    meta: async () => parseMeta(await redis.hgetall(keys.instancesMeta)),
    loadAll: async () => {
      const [meta, all] = await execute(redis.multi().hgetall(keys.instancesMeta).hgetall(keys.instances));
      const entries = Object.entries(all as Record<string, string>);
      const instances = new Map(entries.map(([id, json]) => [id, JSON.parse(json) as CachedInstance]));
      return { meta: parseMeta(meta as Record<string, string>), instances };
    },
    load: async (id) => {
      const json = await redis.hget(keys.instances, id);
      return json === null ? undefined : (JSON.parse(json) as CachedInstance).instance;
    },
    put: async (instances, now) => {
      await runScript(redis, CHANGE, cacheKeys, ['', now, '0', 0, ...written(instances, now)]);
    },
    rename: async (named, now) => {
      const args = named.flatMap(({ id, name }) => [id, name]);
      await runScript(redis, RENAME, cacheKeys, [now, ...args]);
    },
    forget: async (id, now) => {
      await redis.zadd(keys.forgottenInstances, now, id);
      await runScript(redis, CHANGE, cacheKeys, ['', now, '0', 1, id]);
    },
    forgotten: async () => {
      const flat = await redis.zrange(keys.forgottenInstances, '0', '-1', 'WITHSCORES');
      const pairs = flat.flatMap((id, i) => (i % 2 === 0 ? [[id, Number(flat[i + 1])] as const] : []));
      return new Map(pairs);
    },
    applyRefresh: async (change, version, now) => {
      await redis.zremrangebyscore(keys.forgottenInstances, 0, now - FORGOTTEN_MS);
      const args = [version, now, '1', change.remove.length, ...change.remove, ...written(change.write, now)];
      return (await runScript(redis, CHANGE, cacheKeys, args)) === 1;
    },
  };
}

function parseMeta(hash: Record<string, string>): CacheMeta {
  return { version: hash['version'] ?? '0', refreshed_at: Number(hash['refreshed_at'] ?? '0') };
}
