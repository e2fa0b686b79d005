import { OPEN_JOB_LUA } from './open-jobs.js';
import { defineScript } from './script.js';

/**
 * Lua that gives back what a build had reserved. `total` in the hash of reservations is their sum, so that accepting a
 * build costs the same however many are waiting; ids are UUIDs and never collide with it.
 */
const UNRESERVE_LUA = `
local function unreserve(reserved, id)
  local count = redis.call('HGET', reserved, id)
  if not count then return end
  redis.call('HDEL', reserved, id)
  if redis.call('HINCRBY', reserved, 'total', -count) <= 0 then redis.call('HDEL', reserved, 'total') end
end
`;

/** Lua that keeps the index of a state: ids by creation time, as in the other indexes. */
const STATE_LUA = `
local function moveState(build, id, from, to, retention)
  local createdAt = redis.call('HGET', build, 'created_at')
  redis.call('ZREM', from, id)
  redis.call('ZADD', to, createdAt, id)
  redis.call('ZREMRANGEBYSCORE', to, 0, createdAt - retention * 2)
  redis.call('PEXPIRE', to, retention * 2)
end
`;

/** KEYS build, reports, reserved, managed, openJobs, openJobSpecs, journal, index…  */
export const ACCEPT = defineScript(`${OPEN_JOB_LUA}
local build, reserved, managed = KEYS[1], KEYS[3], KEYS[4]
local id, fingerprint, now, retention = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local count, max = tonumber(ARGV[5]), tonumber(ARGV[6])
local known = redis.call('HGET', build, 'fingerprint')
if known then
  if known == fingerprint then return {'same', 0} end
  return {'differs', 0}
end
local waiting = tonumber(redis.call('HGET', reserved, 'total') or '0')
local inUse = redis.call('SCARD', managed) + waiting
if count > 0 and inUse + count > max then return {'full', inUse} end
if count > 0 then
  redis.call('HSET', reserved, id, count)
  redis.call('HINCRBY', reserved, 'total', count)
end
redis.call('HSET', build, 'fingerprint', fingerprint, 'state', 'pending', 'created_at', now,
  'request', ARGV[7], 'request_id', ARGV[8])
-- An older build of this id may have left these: nothing of it is this one's but the fence, which only grows.
redis.call('DEL', KEYS[2])
for _, field in ipairs(redis.call('HKEYS', KEYS[7])) do
  if field ~= 'fence' then redis.call('HDEL', KEYS[7], field) end
end
-- No end while it is pending: that comes with its decision.
for i = 8, #KEYS do
  redis.call('ZADD', KEYS[i], now, id)
  redis.call('PEXPIRE', KEYS[i], retention * 2)
  -- Now and then is often enough: a listing leaves out what is not kept any more.
  if now % 50 == 0 then redis.call('ZREMRANGEBYSCORE', KEYS[i], 0, now - retention * 2) end
end
openJob(KEYS[5], KEYS[6], ARGV[9], ARGV[10], ARGV[11])
return {'accepted', 0}
`);

/**
 * KEYS build, reports, reserved, pending, started, finished, openJobs, openJobSpecs, initScript. ARGV id, now, retention,
 * scriptExpiresAt (0: there is none), number of jobs, (id, spec, check_at)…, instance ids… Opens the jobs with the change
 * of state. 'finished', also when asked again, where all instances have reported already or there are none; 'failed':
 * given up before. Then whether the init script is (still) there.
 */
export const LAUNCH = defineScript(`${UNRESERVE_LUA}${STATE_LUA}${OPEN_JOB_LUA}
local build, reports, now = KEYS[1], KEYS[2], tonumber(ARGV[2])
unreserve(KEYS[3], ARGV[1])
local state = redis.call('HGET', build, 'state')
local scripts = redis.call('EXISTS', KEYS[9])
if state == 'failed' then return {state, scripts} end
if state ~= 'pending' then
  return {redis.call('HGET', build, 'finished_at_launch') == '1' and 'finished' or 'started', scripts}
end
local firstId = 6 + 3 * tonumber(ARGV[5])
for i = 6, firstId - 1, 3 do openJob(KEYS[7], KEYS[8], ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
local ids, mine = {}, {}
for i = firstId, #ARGV do ids[#ids + 1] = ARGV[i]; mine[ARGV[i]] = true end
local reported = 0
for _, id in ipairs(redis.call('HKEYS', reports)) do
  if mine[id] then reported = reported + 1 else redis.call('HDEL', reports, id) end
end
local finished = reported == #ids and 1 or 0
redis.call('HSET', build, 'state', 'started', 'started_at', now, 'instances', table.concat(ids, ','),
  'finished_at_launch', finished)
if tonumber(ARGV[4]) > 0 then
  redis.call('HSET', build, 'secret_expires_at', ARGV[4])
  redis.call('PEXPIREAT', KEYS[9], ARGV[4])
end
if finished == 1 then redis.call('HSET', build, 'state', 'finished', 'finished_at', now) end
moveState(build, ARGV[1], KEYS[4], finished == 1 and KEYS[6] or KEYS[5], ARGV[3])
redis.call('PEXPIRE', build, ARGV[3])
redis.call('PEXPIRE', reports, ARGV[3])
return {finished == 1 and 'finished' or 'started', scripts}
`);

/** KEYS build, reports, reserved, pending, failed. ARGV id, now, retention, error. */
export const FAIL = defineScript(`${UNRESERVE_LUA}${STATE_LUA}
unreserve(KEYS[3], ARGV[1])
if redis.call('HGET', KEYS[1], 'state') ~= 'pending' then return 'repeated' end
redis.call('HSET', KEYS[1], 'state', 'failed', 'error', ARGV[4], 'finished_at', ARGV[2])
moveState(KEYS[1], ARGV[1], KEYS[4], KEYS[5], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 'failed'
`);

/**
 * KEYS build, reports, openJobs, openJobSpecs, started, finished. ARGV instance id, now, ISO time, retention, notification job (id, spec,
 * check_at; empty id: none), the same for the job that tells of the end, whether the end may come without that job, build id.
 * `{reported}` in the notification becomes the number of instances that have reported.
 */
export const REPORT = defineScript(`${OPEN_JOB_LUA}${STATE_LUA}
local build, reports = KEYS[1], KEYS[2]
local state = redis.call('HGET', build, 'state')
if not state then return {'unknown-build', 0, 0} end
local mine, total, isMine = redis.call('HGET', build, 'instances') or '', 0, false
for id in string.gmatch(mine, '[^,]+') do
  total = total + 1
  if id == ARGV[1] then isMine = true end
end
if state ~= 'pending' and not isMine then return {'unknown-instance', 0, 0} end
if redis.call('HEXISTS', reports, ARGV[1]) == 1 then return {'repeated', 0, 0} end
local reported = redis.call('HLEN', reports) + 1
local ends = state == 'started' and reported >= total
if ends and ARGV[8] == '' and ARGV[11] ~= '1' then return {'look-again', 0, 0} end
redis.call('HSET', reports, ARGV[1], ARGV[3])
redis.call('PEXPIRE', reports, ARGV[4])
if ARGV[5] ~= '' then
  local spec = string.gsub(ARGV[6], '{reported}', tostring(reported))
  openJob(KEYS[3], KEYS[4], ARGV[5], spec, ARGV[7])
end
if state == 'pending' then return {'kept', reported, 0} end
if ends then
  redis.call('HSET', build, 'state', 'finished', 'finished_at', ARGV[2])
  redis.call('PEXPIRE', build, ARGV[4])
  redis.call('HDEL', build, 'unreported')
  moveState(build, ARGV[12], KEYS[5], KEYS[6], ARGV[4])
  if ARGV[8] ~= '' then openJob(KEYS[3], KEYS[4], ARGV[8], ARGV[9], ARGV[10]) end
end
return {ends and 'finished' or 'recorded', reported, total}
`);

/** KEYS build, reports. */
export const UNREPORTED = defineScript(`
if redis.call('HGET', KEYS[1], 'state') ~= 'started' then return {} end
local missing = {}
for id in string.gmatch(redis.call('HGET', KEYS[1], 'instances') or '', '[^,]+') do
  if redis.call('HEXISTS', KEYS[2], id) == 0 then missing[#missing + 1] = id end
end
redis.call('HSET', KEYS[1], 'unreported', table.concat(missing, ','))
return missing
`);

/** KEYS build, reports. Both hashes, as they were at one moment. */
export const LOAD = defineScript(`
return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}
`);

/** KEYS reserved. ARGV id. */
export const RELEASE = defineScript(`${UNRESERVE_LUA}
unreserve(KEYS[1], ARGV[1])
return 1
`);
