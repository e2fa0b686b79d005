import type { Account, Accounts } from './account.js';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, runScript } from './script.js';

/** KEYS account, names. ARGV username, token hash, created at. */
const CREATE = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'token_hash', ARGV[2], 'created_at', ARGV[3])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return 1
`);

/** KEYS names. ARGV what the keys of an account and of its tags begin with → of each: {name, token hash, created, rotated, tags} */
const LIST = defineScript(`
local found = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local fields = redis.call('HMGET', ARGV[1] .. name, 'token_hash', 'created_at', 'rotated_at')
  found[#found + 1] = {name, fields[1] or '', fields[2] or '', fields[3] or '', redis.call('SCARD', ARGV[2] .. name)}
end
return found
`);

/** KEYS account. ARGV token hash, rotated at. */
const ROTATE = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'token_hash', ARGV[1], 'rotated_at', ARGV[2])
return 1
`);

/** KEYS account, tags, names. ARGV username. */
const REMOVE = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return {'unknown'} end
local tags = redis.call('SMEMBERS', KEYS[2])
if #tags > 0 then return {'has-clusters', tags} end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return {'removed'}
`);

export function createAccounts(redis: Redis, keys: Keys): Accounts {
  return {
    create: async ({ username, token_hash, created_at }) =>
      (await runScript(redis, CREATE, [keys.account(username), keys.accounts], [username, token_hash, created_at])) ===
      1,
    load: async (username) => {
      const [hash, created, rotated] = await redis.hmget(
        keys.account(username),
        'token_hash',
        'created_at',
        'rotated_at',
      );
      return hash ? toAccount(username, hash, created ?? '', rotated ?? '') : undefined;
    },
    list: async () => {
      const args = [keys.account(''), keys.accountClusters('')];
      const found = (await runScript(redis, LIST, [keys.accounts], args)) as [string, string, string, string, number][];
      return found.map(([name, hash, created, rotated, clusters]) => ({
        ...toAccount(name, hash, created, rotated),
        clusters,
      }));
    },
    rotate: async (username, tokenHash, rotatedAt) =>
      (await runScript(redis, ROTATE, [keys.account(username)], [tokenHash, rotatedAt])) === 1,
    remove: async (username) => {
      const at = [keys.account(username), keys.accountClusters(username), keys.accounts];
      const [outcome, tags = []] = (await runScript(redis, REMOVE, at, [username])) as [
        'removed' | 'unknown' | 'has-clusters',
        string[]?,
      ];
      return outcome === 'has-clusters' ? { outcome, tags: tags.sort() } : { outcome };
    },
  };
}

function toAccount(username: string, token_hash: string, created_at: string, rotated_at: string): Account {
  return { username, token_hash, created_at, ...(rotated_at === '' ? {} : { rotated_at }) };
}
