import { RECORD_LUA } from './dns-scripts.js';
import { OPEN_JOB_LUA } from './open-jobs.js';
import { defineScript } from './script.js';

/**
 * KEYS waiting. ARGV sets, records (what their keys begin with), limit. → {id, record, wished, force, applied}…
 * Of a set that is lost (evicted, deleted by hand) nobody knows what it wanted: it leaves the list, which would else stand
 * still behind it.
 */
export const TAKE = defineScript(`
local taken, ids = {}, {}
repeat
  ids = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[3]) - 1)
  for _, id in ipairs(ids) do
    local set = redis.call('HMGET', ARGV[1] .. id, 'record', 'wished', 'force')
    if set[1] then
      taken[#taken + 1] = {id, set[1], set[2], set[3], redis.call('HGET', ARGV[2] .. set[1], 'applied')}
    else
      redis.call('ZREM', KEYS[1], id)
    end
  end
until #taken > 0 or #ids == 0
return taken
`);

/**
 * KEYS zone, waiting, hostnames, index, journal, openJobs, openJobSpecs. ARGV fence, sets, records, changes (what their keys begin with), zone id, now,
 * retention, state, trouble, number of jobs, jobs (3 each)…, outcomes (id, record, result, change id, change status, error, applied)…
 * The fence decides, not the lease: what was done is worth knowing as long as nobody else has begun.
 */
export const STORE = defineScript(`${OPEN_JOB_LUA}${RECORD_LUA}
if redis.call('HGET', KEYS[5], 'fence') ~= ARGV[1] then return 0 end
local hostnames, index = KEYS[3], KEYS[4]
local sets, records, changes, zone, now, retention = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]

local function follow(change, set, record)
  redis.call('HSETNX', changes .. change, 'accepted_at', now)
  redis.call('HSET', changes .. change, 'set:' .. set, record)
  redis.call('PEXPIRE', changes .. change, retention)
end

local function nameOf(applied)
  return applied ~= '' and cjson.decode(applied).name or ''
end

-- A failed rename: the record is as it was under its old name, a note of the failure stands under the new one.
local function part(key, set, applied, formerName, error, status)
  local noteKey, name = records .. set, redis.call('HGET', key, 'hostname')
  local wished = redis.call('HGET', key, 'wished')
  keepNames(hostnames, key, formerName, '')
  redis.call('HSET', noteKey, 'id', set, 'zone_id', zone, 'set', set, 'wished', wished, 'shown', wished, 'applied', '',
    'open', 0, 'status', 'FAILED', 'error', error, 'created_at', now, 'updated_at', now)
  showAs(index, key, formerName)
  redis.call('HSET', key, 'set', '', 'wished', applied, 'shown', applied, 'status', status)
  local former = redis.call('HGET', key, 'former_error')
  if former then redis.call('HSET', key, 'status', 'FAILED', 'error', former) end
  claim(hostnames, noteKey, name)
  showAs(index, noteKey, name)
end

local function endLatest(key, set, result, applied, error, record)
  local status = record.pending and 'PENDING' or 'INSYNC'
  if result ~= 'failed' then
    if record.wished == '' then
      forget(hostnames, index, key)
      return
    end
    redis.call('HSET', key, 'status', status, 'updated_at', now)
    return
  end
  local name = nameOf(applied)
  if record.wished ~= '' and name ~= '' and name ~= record.hostname then
    part(key, set, applied, name, error, status)
  else
    if record.wished == '' and applied ~= '' then redis.call('HSET', key, 'shown', applied) end
    -- A rename that was overtaken by a deletion that failed: it stands where it was, and only there.
    if name ~= '' and name ~= record.hostname then
      keepNames(hostnames, key, name, '')
      showAs(index, key, name)
    end
    redis.call('HSET', key, 'status', 'FAILED', 'error', error)
  end
  redis.call('HSET', key, 'updated_at', now)
end

local function remember(key, result, change, status, applied, pending)
  if result ~= 'failed' then redis.call('HDEL', key, 'former_error') end
  if result == 'accepted' then
    redis.call('HSET', key, 'applied', applied, 'change_id', change)
    pending = status ~= 'INSYNC' and change
  else
    redis.call('HSET', key, 'applied', applied)
    if applied == '' then pending = false end
  end
  if pending then redis.call('HSET', key, 'pending_change', pending)
  else redis.call('HDEL', key, 'pending_change') end
  return pending
end

local function conclude(id, record, result, change, status, error, applied)
  if redis.call('ZREM', KEYS[2], id) == 0 then return end
  local set, key = sets .. id, records .. record
  local open = redis.call('HINCRBY', key, 'open', -1)
  local fields = redis.call('HMGET', key, 'set', 'wished', 'hostname', 'names', 'pending_change')
  redis.call('PEXPIRE', set, retention)
  if result == 'superseded' then
    redis.call('HSET', set, 'state', 'superseded', 'superseded_by', fields[1])
    return
  end
  local pending = remember(key, result, change, status, applied, fields[5])
  if result == 'failed' then
    redis.call('HSET', set, 'state', 'failed', 'error', error)
  elseif pending then
    -- Also where nothing was changed: what stands there is still on its way to the name servers.
    redis.call('HSET', set, 'state', 'accepted', 'change_id', pending)
    follow(pending, id, record)
  else
    redis.call('HSET', set, 'state', 'insync', 'change_id', change)
  end
  if id == fields[1] then
    local latest = {wished = fields[2], hostname = fields[3], pending = pending}
    endLatest(key, id, result, applied, error, latest)
  elseif result == 'failed' then
    redis.call('HSET', key, 'former_error', error)
  end
  -- Most records have but one name.
  if open == 0 and string.find(fields[4], ',', 1, true) and redis.call('EXISTS', key) == 1 then
    keepNames(hostnames, key, redis.call('HGET', key, 'hostname'), nameOf(applied))
  end
end

local jobs = tonumber(ARGV[10])
for i = 11, 10 + 3 * jobs, 3 do openJob(KEYS[6], KEYS[7], ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
for i = 11 + 3 * jobs, #ARGV, 7 do
  conclude(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], ARGV[i + 6])
end
redis.call('HSET', KEYS[1], 'drain', ARGV[8], 'trouble', ARGV[9])
return 1
`);

/** KEYS change. ARGV change id, sets, records. → {accepted_at, {set id, record, wished, is latest}…} */
export const LOAD_CHANGE = defineScript(`
local change = redis.call('HGETALL', KEYS[1])
local found = {redis.call('HGET', KEYS[1], 'accepted_at')}
if not found[1] then return {} end
for i = 1, #change, 2 do
  local id = string.match(change[i], '^set:(.*)$')
  if id then
    local pending = redis.call('HGET', ARGV[3] .. change[i + 1], 'pending_change')
    local wished = redis.call('HGET', ARGV[2] .. id, 'wished') or ''
    found[#found + 1] = {id, change[i + 1], wished, pending == ARGV[1] and 1 or 0}
  end
end
return found
`);

/** KEYS change, openJobs, openJobSpecs. ARGV change id, sets, records, now, number of jobs, jobs (3 each)…, failed (set id, error)… */
export const SETTLE = defineScript(`${OPEN_JOB_LUA}
local id, now = ARGV[1], ARGV[4]
local change = redis.call('HGETALL', KEYS[1])
if #change == 0 then return 0 end
local jobs = tonumber(ARGV[5])
for i = 6, 5 + 3 * jobs, 3 do openJob(KEYS[2], KEYS[3], ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
local errors = {}
for i = 6 + 3 * jobs, #ARGV, 2 do errors[ARGV[i]] = ARGV[i + 1] end

for i = 1, #change, 2 do
  local set = string.match(change[i], '^set:(.*)$')
  if set then
    local setKey, key, error = ARGV[2] .. set, ARGV[3] .. change[i + 1], errors[set]
    if redis.call('HGET', setKey, 'state') == 'accepted' then
      redis.call('HSET', setKey, 'state', error and 'failed' or 'insync')
      if error then redis.call('HSET', setKey, 'error', error) end
    end
    if redis.call('HGET', key, 'pending_change') == id then
      local record = redis.call('HMGET', key, 'status', 'open')
      local isLatest = record[1] == 'PENDING' and record[2] == '0'
      if isLatest then redis.call('HSET', key, 'status', error and 'FAILED' or 'INSYNC', 'updated_at', now) end
      if isLatest and error then redis.call('HSET', key, 'error', error) end
      redis.call('HDEL', key, 'pending_change')
    end
  end
end
redis.call('DEL', KEYS[1])
return 1
`);
