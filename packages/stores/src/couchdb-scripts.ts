import { OPEN_JOB_LUA } from './open-jobs.js';
import { defineScript } from './script.js';

/**
 * Fields of an operation: `kind`, `owner`, `tag`, `at` (when it was accepted, ms), `wanted` (JSON, until it has ended: it may
 * hold a password's hash), `outcome` (JSON, once it has). It has no end while it waits. A question is kept in the same
 * way, without the first three, and has an end from the beginning.
 */

/**
 * KEYS account, tags, operation, waiting, openJobs, openJobSpecs. ARGV id, kind, owner, tag, JSON, now, most waiting, `1` where
 * nothing else may wait, job…
 */
export const ACCEPT = defineScript(`${OPEN_JOB_LUA}
if redis.call('EXISTS', KEYS[3]) == 1 then
  -- Whoever accepted it may have died before its job was in the queue.
  if redis.call('HEXISTS', KEYS[3], 'outcome') == 0 then openJob(KEYS[5], KEYS[6], ARGV[9], ARGV[10], ARGV[11]) end
  return 'same'
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 'unknown-account' end
local waiting = redis.call('LLEN', KEYS[4])
if ARGV[8] == '1' and waiting > 0 then return 'busy' end
if waiting >= tonumber(ARGV[7]) then return 'full' end
redis.call('HSET', KEYS[3], 'kind', ARGV[2], 'owner', ARGV[3], 'tag', ARGV[4], 'wanted', ARGV[5], 'at', ARGV[6])
redis.call('RPUSH', KEYS[4], ARGV[1])
if ARGV[2] == 'create' then redis.call('SADD', KEYS[2], ARGV[4]) end
openJob(KEYS[5], KEYS[6], ARGV[9], ARGV[10], ARGV[11])
return 'accepted'
`);

/** KEYS account, question, openJobs, openJobSpecs. ARGV JSON, now, retention, job… */
export const ASK = defineScript(`${OPEN_JOB_LUA}
if redis.call('EXISTS', KEYS[2]) == 1 then
  if redis.call('HEXISTS', KEYS[2], 'outcome') == 0 then openJob(KEYS[3], KEYS[4], ARGV[4], ARGV[5], ARGV[6]) end
  return 'same'
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 'unknown-account' end
redis.call('HSET', KEYS[2], 'wanted', ARGV[1], 'at', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
openJob(KEYS[3], KEYS[4], ARGV[4], ARGV[5], ARGV[6])
return 'accepted'
`);

/** KEYS question. ARGV outcome, retention. What is not asked any more is not brought back. */
export const ANSWER = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return end
redis.call('HSET', KEYS[1], 'outcome', ARGV[1])
redis.call('HDEL', KEYS[1], 'wanted')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

/** KEYS waiting. ARGV what the key of an operation begins with → {JSON}, or nothing. */
export const HEAD = defineScript(`
local id = redis.call('LINDEX', KEYS[1], 0)
return id and redis.call('HMGET', ARGV[1] .. id, 'wanted')
`);

/**
 * KEYS waiting, last. ARGV what the key of an operation begins with → {id, kind, outcome or false} of the operation that was
 * asked for last, or nothing. A mend is asked for by nobody.
 */
export const LAST = defineScript(`
local function look(id)
  local kind, outcome = unpack(redis.call('HMGET', ARGV[1] .. id, 'kind', 'outcome'))
  return kind and kind ~= 'mend' and {id, kind, outcome}
end
local waiting = redis.call('LRANGE', KEYS[1], 0, -1)
for i = #waiting, 1, -1 do
  local found = look(waiting[i])
  if found then return found end
end
local ended = redis.call('GET', KEYS[2])
return ended and look(ended)
`);

/** Expects a key of a list, what the key of an operation begins with, and a kind of operation. */
const COUNT_LUA = `
local function countKind(waiting, operations, kind)
  local count = 0
  for _, id in ipairs(redis.call('LRANGE', waiting, 0, -1)) do
    if redis.call('HGET', operations .. id, 'kind') == kind then count = count + 1 end
  end
  return count
end
`;

/** KEYS waiting. ARGV what the key of an operation begins with, kind. */
export const COUNT = defineScript(`${COUNT_LUA}
return countKind(KEYS[1], ARGV[1], ARGV[2])
`);

/**
 * KEYS journal, waiting, operation, openJobs, openJobSpecs, last. ARGV fence, id, outcome, retention, `1` where the cluster stands, `0`
 * where it does not, else empty, what the keys of tags and of operations begin with, `1` where it is the last that counts, jobs (3 each)…
 */
export const FINISH = defineScript(`${OPEN_JOB_LUA}${COUNT_LUA}
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
-- Who asks again after an answer that was lost has done it already.
if redis.call('LINDEX', KEYS[2], 0) ~= ARGV[2] then return 1 end
redis.call('LPOP', KEYS[2])
redis.call('HSET', KEYS[3], 'outcome', ARGV[3])
redis.call('HDEL', KEYS[3], 'wanted')
redis.call('PEXPIRE', KEYS[3], ARGV[4])
if ARGV[8] == '1' then redis.call('SET', KEYS[6], ARGV[2], 'PX', ARGV[4]) end
local place = redis.call('HMGET', KEYS[3], 'owner', 'tag')
local tags = ARGV[6] .. place[1]
if ARGV[5] == '1' then redis.call('SADD', tags, place[2]) end
-- One that is still to be made keeps its account from being deleted.
if ARGV[5] == '0' and countKind(KEYS[2], ARGV[7], 'create') == 0 then redis.call('SREM', tags, place[2]) end
for i = 9, #ARGV, 3 do openJob(KEYS[4], KEYS[5], ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return 1
`);

/** KEYS names of accounts. ARGV what the key of tags begins with → {owner, tags} of each that has any. */
export const LIST_CLUSTERS = defineScript(`
local found = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local tags = redis.call('SMEMBERS', ARGV[1] .. name)
  if #tags > 0 then found[#found + 1] = {name, tags} end
end
return found
`);
