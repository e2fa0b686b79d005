import { OPEN_JOB_LUA } from './open-jobs.js';
import { defineScript } from './script.js';

/**
 * Fields of a service: `latest` (JSON), `ended`, `given_up`, `trouble` (JSON, where there is any), `waiting_bytes`.
 * It has no end while anything of it waits. An entry of the waiting list is `<id> <JSON>`; the JSON is never read here, as
 * it may nest deeper than cjson goes.
 */

/** How many of those that have been silent longest are looked at, to forget one. */
const LOOKED_AT = 100;

/**
 * KEYS service, waiting, services, marker, openJobs, openJobSpecs. ARGV id, service, JSON of what waits, latest, timestamp, now,
 * retention, how long the marker is kept (0: none), most waiting, most bytes, most services, what the keys of a service and of
 * its list begin with, job…
 */
export const ACCEPT = defineScript(`${OPEN_JOB_LUA}
local service, entry, now, retention = ARGV[2], ARGV[1] .. ' ' .. ARGV[3], tonumber(ARGV[6]), tonumber(ARGV[7])
local known = redis.call('GET', KEYS[4])
if known then
  -- Whoever accepted it may have died before its job was in the queue.
  if redis.call('EXISTS', KEYS[2]) == 1 then openJob(KEYS[5], KEYS[6], ARGV[14], ARGV[15], ARGV[16]) end
  return {'same', known}
end
local waiting = redis.call('LLEN', KEYS[2])
local bytes = tonumber(redis.call('HGET', KEYS[1], 'waiting_bytes') or '0')
if waiting >= tonumber(ARGV[9]) or (waiting > 0 and bytes + #entry > tonumber(ARGV[10])) then return {'full', waiting} end

-- Names of services that have run out.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], 0, now - retention, 'LIMIT', 0, 10)) do
  if redis.call('EXISTS', ARGV[12] .. name) == 0 then redis.call('ZREM', KEYS[3], name) end
end
if not redis.call('ZSCORE', KEYS[3], service) and redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[11]) then
  local forgotten = false
  for _, name in ipairs(redis.call('ZRANGE', KEYS[3], 0, ${LOOKED_AT - 1})) do
    if redis.call('EXISTS', ARGV[13] .. name) == 0 then
      redis.call('DEL', ARGV[12] .. name)
      redis.call('ZREM', KEYS[3], name)
      forgotten = true
      break
    end
  end
  if not forgotten then return {'too-many-services', 0} end
end

redis.call('HSET', KEYS[1], 'latest', ARGV[4])
redis.call('HINCRBY', KEYS[1], 'waiting_bytes', #entry)
redis.call('PERSIST', KEYS[1])
redis.call('RPUSH', KEYS[2], entry)
redis.call('ZADD', KEYS[3], now, service)
if ARGV[8] ~= '0' then redis.call('SET', KEYS[4], ARGV[5], 'PX', ARGV[8]) end
openJob(KEYS[5], KEYS[6], ARGV[14], ARGV[15], ARGV[16])
return {'accepted', ''}
`);

/** ARGV what the keys of a service and of its list begin with, services… → of each: {service, latest, ended, given up, trouble, waiting} */
export const LOAD = defineScript(`
local found = {}
for i = 3, #ARGV do
  local fields = redis.call('HMGET', ARGV[1] .. ARGV[i], 'latest', 'ended', 'given_up', 'trouble')
  found[#found + 1] = {ARGV[i], fields[1] or '', fields[2] or '', fields[3] or '', fields[4] or '',
    redis.call('LLEN', ARGV[2] .. ARGV[i])}
end
return found
`);

/**
 * KEYS journal, service, waiting, openJobs, openJobSpecs. ARGV fence, retention, ended, given up, trouble (JSON; empty: none),
 * number of ids, ids…, jobs (3 each)…
 */
export const STORE = defineScript(`${OPEN_JOB_LUA}
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
local ids = tonumber(ARGV[6])
local bytes = 0
for i = 7, 6 + ids do
  local entry = redis.call('LINDEX', KEYS[3], 0)
  -- Who asks again after an answer that was lost has done it already.
  if not entry or string.sub(entry, 1, #ARGV[i] + 1) ~= ARGV[i] .. ' ' then break end
  redis.call('LPOP', KEYS[3])
  bytes = bytes + #entry
end
for i = 7 + ids, #ARGV, 3 do openJob(KEYS[4], KEYS[5], ARGV[i], ARGV[i + 1], ARGV[i + 2]) end

if bytes > 0 then redis.call('HINCRBY', KEYS[2], 'waiting_bytes', -bytes) end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'ended', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[2], 'given_up', ARGV[4]) end
local waits = redis.call('EXISTS', KEYS[3]) == 1
if ARGV[5] ~= '' and waits then redis.call('HSET', KEYS[2], 'trouble', ARGV[5])
else redis.call('HDEL', KEYS[2], 'trouble') end
if not waits then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
return 1
`);
