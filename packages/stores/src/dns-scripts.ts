import { OPEN_JOB_LUA } from './open-jobs.js';
import { defineScript } from './script.js';

/**
 * A record's key is made inside the scripts (`records` is what it begins with), as only they know whose a host name is.
 *
 * Fields of a record: `id`, `zone_id`, `hostname` (of its latest wish), `names` (all that are its, comma-separated), `set`
 * (id of the latest wish), `wished`, `applied` (JSON; empty: gone), `shown` (JSON), `status`, `error`, `former_error` (of
 * what had failed before the wishes that wait now), `change_id`, `pending_change` (accepted, not yet in sync), `open` (how
 * many of its wishes have not ended), times.
 */
export const RECORD_LUA = `
local function hasName(names, name)
  return string.find(',' .. names .. ',', ',' .. name .. ',', 1, true) ~= nil
end

local function claim(hostnames, key, name)
  local names = redis.call('HGET', key, 'names') or ''
  if hasName(names, name) then return end
  redis.call('HSET', key, 'names', names == '' and name or names .. ',' .. name)
  redis.call('HSET', hostnames, name, redis.call('HGET', key, 'id'))
end

local function showAs(index, key, name)
  local former = redis.call('HGET', key, 'hostname')
  if former then redis.call('ZREM', index, former) end
  redis.call('ZADD', index, 0, name)
  redis.call('HSET', key, 'hostname', name)
end

-- Gives back all names but these two.
local function keepNames(hostnames, key, one, other)
  local kept = {}
  for name in string.gmatch(redis.call('HGET', key, 'names') or '', '[^,]+') do
    if name == one or name == other then kept[#kept + 1] = name else redis.call('HDEL', hostnames, name) end
  end
  redis.call('HSET', key, 'names', table.concat(kept, ','))
end

local function forget(hostnames, index, key)
  keepNames(hostnames, key, '', '')
  redis.call('ZREM', index, redis.call('HGET', key, 'hostname'))
  redis.call('DEL', key)
end

-- Never in the zone (any more), and nothing on its way there: a note of what failed.
local function isNote(key)
  return redis.call('HGET', key, 'applied') == '' and redis.call('HGET', key, 'open') == '0'
end
`;

/**
 * KEYS set, hostnames, index, waiting, zone, openJobs, openJobSpecs. ARGV records, id, fingerprint, zone id, host name, wished (JSON or ''), its name, force,
 * must exist, channel, request id, now, retention, job…
 */
export const ASK = defineScript(`${OPEN_JOB_LUA}${RECORD_LUA}
local hostnames, index = KEYS[2], KEYS[3]
local records, id, zone, hostname, wished, name = ARGV[1], ARGV[2], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local now = ARGV[12]
local known = redis.call('HGET', KEYS[1], 'fingerprint')
if known then return {known == ARGV[3] and 'same' or 'differs', ''} end

local record = redis.call('HGET', hostnames, hostname)
local key = record and records .. record
if not record and (wished == '' or ARGV[9] == '1') then return {'unknown', ''} end
if record then
  local current = redis.call('HGET', key, 'hostname')
  if current ~= hostname then return {'being-renamed', current} end
  local at = redis.call('HGET', key, 'zone_id')
  if at ~= zone then
    if wished == '' or not isNote(key) then return {'other-zone', at} end
    forget(hostnames, index, key)
    record = nil
  end
end
if wished ~= '' and name ~= hostname then
  local other = redis.call('HGET', hostnames, name)
  if other and other ~= record then
    if not isNote(records .. other) then return {'taken', ''} end
    forget(hostnames, index, records .. other)
  end
end

redis.call('HSET', KEYS[1], 'fingerprint', ARGV[3], 'zone_id', zone, 'hostname', hostname, 'wished', wished,
  'force', ARGV[8], 'slack_channel', ARGV[10], 'request_id', ARGV[11], 'created_at', now)
if wished == '' and isNote(key) then
  forget(hostnames, index, key)
  redis.call('HSET', KEYS[1], 'record', record, 'state', 'insync')
  redis.call('PEXPIRE', KEYS[1], ARGV[13])
  return {'forgotten', ''}
end

if not record then
  record = id
  key = records .. id
  redis.call('HSET', key, 'id', id, 'zone_id', zone, 'applied', '', 'open', 0, 'created_at', now)
end
redis.call('HSET', KEYS[1], 'record', record, 'state', 'waiting')
claim(hostnames, key, hostname)
if wished ~= '' then
  claim(hostnames, key, name)
  showAs(index, key, name)
  redis.call('HSET', key, 'shown', wished)
end
local former = redis.call('HMGET', key, 'status', 'error')
if former[1] == 'FAILED' and former[2] then redis.call('HSET', key, 'former_error', former[2]) end
redis.call('HSET', key, 'set', id, 'wished', wished, 'status', 'PENDING', 'updated_at', now)
redis.call('HDEL', key, 'error')
redis.call('HINCRBY', key, 'open', 1)
redis.call('ZADD', KEYS[4], redis.call('HINCRBY', KEYS[5], 'arrivals', 1), id)
openJob(KEYS[6], KEYS[7], ARGV[14], ARGV[15], ARGV[16])
return {'accepted', ''}
`);

/** KEYS hostnames. ARGV records, host names… → of each: {host name, fields…}; without fields where there is no record. */
export const LOAD_RECORDS = defineScript(`
local found = {}
for i = 2, #ARGV do
  local id = redis.call('HGET', KEYS[1], ARGV[i])
  found[#found + 1] = {ARGV[i], id and redis.call('HGETALL', ARGV[1] .. id) or {}}
end
return found
`);
