import { OPEN_JOB_LUA } from './open-jobs.js';
import { defineScript } from './script.js';
import { TASK_INDEX_LUA } from './task-index-script.js';

/**
 * KEYS record, lease, claims, expiring, openJobs, openJobSpecs, journal, wakes. ARGV records, indexes, task, id, now,
 * retention, fence; each script's own follow from 8 on. Replies begin with a word; with `ok` the record follows.
 */
const HEAD_LUA = `${TASK_INDEX_LUA}
local record, lease, claims, expiring, journal, wakes = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[7], KEYS[8]
local records, indexes, task, id, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local at = { record = record, indexes = indexes, task = task, id = id }

local function isKept(key)
  local seen = redis.call('HMGET', key, 'status', 'expires_at')
  return seen[1] and not (seen[2] and tonumber(seen[2]) <= tonumber(now))
end
local function touch()
  local before = redis.call('HGET', record, 'updated')
  local updated = before and tonumber(before) > tonumber(now) and before or now
  redis.call('HSET', record, 'updated', updated)
  putTime(at, 'date_updated', updated)
end
local function toHex(text)
  return (string.gsub(text, '.', function(c) return string.format('%02x', string.byte(c)) end))
end
local function indexStatus(status)
  reindex(at, 'status', '{"is":["=' .. status .. '"],"text":"' .. toHex(status) .. '"}')
end
local function setStatus(status)
  redis.call('HSET', record, 'status', status)
  indexStatus(status)
end
local function indexSettled(settled)
  reindex(at, 'settled', settled and '{"is":["=true"],"order":"1"}' or '{"is":["=false"],"order":"0"}')
end
local function settle()
  for _, name in ipairs(cjson.decode(redis.call('HGET', record, 'claims') or '[]')) do
    if redis.call('HGET', claims, name) == id then redis.call('HDEL', claims, name) end
  end
  redis.call('HDEL', record, 'claims')
  local expiresAt = tonumber(now) + tonumber(ARGV[6])
  redis.call('HSET', record, 'settled', '1', 'expires_at', expiresAt)
  indexSettled(true)
  redis.call('ZADD', expiring, expiresAt, task .. ':' .. id)
  redis.call('SREM', wakes, task .. ':' .. id)
  -- What was done is not asked for any more: the journal goes with the record.
  redis.call('PEXPIRE', journal, ARGV[6])
end
local function note(exception)
  local noted = cjson.decode(redis.call('HGET', record, 'exceptions') or '[]')
  if #noted >= 100 then table.remove(noted, 1) end
  noted[#noted + 1] = cjson.decode(exception)
  redis.call('HSET', record, 'exceptions', cjson.encode(noted))
end
-- Decided and decoded before anything is written.
local function readFields(json)
  local fields, bytes = cjson.decode(json), tonumber(redis.call('HGET', record, 'bytes') or '0')
  for _, field in ipairs(fields) do
    field.plan = planIndex(at, field.key, field.entry)
    bytes = bytes + #field.value - redis.call('HSTRLEN', record, 'f:' .. field.name)
  end
  return fields, bytes
end
local function writeFields(fields, bytes)
  redis.call('HSET', record, 'bytes', bytes)
  for _, field in ipairs(fields) do redis.call('HSET', record, 'f:' .. field.name, field.value) end
end
local function indexFields(fields)
  for _, field in ipairs(fields) do applyIndex(at, field.plan) end
end
local function ok() return {'ok', redis.call('HGETALL', record)} end
`;

/** For what the holder of the subject writes. */
const FENCED_LUA = `${HEAD_LUA}
if redis.call('GET', lease) ~= ARGV[7] then return {'lost'} end
if not isKept(record) then return {'gone'} end
local status, settled = unpack(redis.call('HMGET', record, 'status', 'settled'))
`;

/** ARGV 8 request id, slack channel, due at, entry of due at, fields, id of the former task, job (id, spec, check at). */
export const ACCEPT = defineScript(`${HEAD_LUA}${OPEN_JOB_LUA}
if redis.call('HEXISTS', record, 'updated') == 1 then
  -- Nobody would begin a task whose job is not open.
  local waits = redis.call('HGET', record, 'status') == 'PENDING'
  if waits and redis.call('HEXISTS', KEYS[6], ARGV[14]) == 0 then openJob(KEYS[5], KEYS[6], ARGV[14], ARGV[15], ARGV[16]) end
  return {'same'}
end
local former, formerKey = ARGV[13], recordKey(records, task, ARGV[13])
if former ~= '' then
  if not isKept(formerKey) then return {'unknown'} end
  local seen = redis.call('HMGET', formerKey, 'status', 'settled', 'resumed_by')
  if seen[3] then return {'resumed', seen[3]} end
  if seen[2] ~= '1' then return {'unsettled'} end
end
local fields, bytes = readFields(ARGV[12])
-- The record and its job first, the indexes last: whatever breaks off in between, the task is whole and is done.
redis.call('HSET', record, 'created', now, 'updated', now, 'status', 'PENDING', 'settled', '0', 'request_id', ARGV[8])
if ARGV[9] ~= '' then redis.call('HSET', record, 'slack_channel', ARGV[9]) end
if ARGV[10] ~= '' then redis.call('HSET', record, 'due_at', ARGV[10]) end
if former ~= '' then redis.call('HSET', record, 'resumed_from', former) end
writeFields(fields, bytes)
openJob(KEYS[5], KEYS[6], ARGV[14], ARGV[15], ARGV[16])
if former ~= '' then
  redis.call('HSET', formerKey, 'resumed_by', id, 'updated', now)
  putTime({ indexes = indexes, task = task, id = former }, 'date_updated', now)
end
putTime(at, 'date_created', now)
putTime(at, 'date_updated', now)
indexStatus('PENDING')
indexSettled(false)
if ARGV[10] ~= '' then reindex(at, 'due_at', ARGV[11]) end
indexFields(fields)
trim(expiring, wakes, records, indexes, now, 5)
return {'accepted'}
`);

/** The journal of a task that is settled already is begun anew by whoever looks at it once more. */
export const BEGIN = defineScript(`${FENCED_LUA}
if status == 'PENDING' then
  setStatus('RUNNING')
  touch()
elseif settled == '1' then
  redis.call('PEXPIRE', journal, tonumber(redis.call('HGET', record, 'expires_at') or now) - tonumber(now))
end
return ok()
`);

/** ARGV 8 fields, most bytes of all. One that settles may have twice as much: it has to come to its end. */
export const UPDATE = defineScript(`${FENCED_LUA}
if settled == '0' then
  local fields, bytes = readFields(ARGV[8])
  local most = tonumber(ARGV[9]) * ((status == 'PENDING' or status == 'RUNNING') and 1 or 2)
  if bytes > most and bytes > tonumber(redis.call('HGET', record, 'bytes') or '0') then return {'too-large', bytes} end
  writeFields(fields, bytes)
  touch()
  indexFields(fields)
end
return ok()
`);

/** ARGV 8 exception. */
export const NOTE = defineScript(`${FENCED_LUA}
if settled == '0' then
  note(ARGV[8])
  touch()
end
return ok()
`);

/** ARGV 8 status, exception (`''`: none). */
export const END = defineScript(`${FENCED_LUA}
local open = status == 'PENDING' or status == 'RUNNING'
if open or (status == 'CANCELLED' and settled == '0' and ARGV[9] ~= '') then
  if ARGV[9] ~= '' then note(ARGV[9]) end
  if open then setStatus(ARGV[8]) end
  if open and ARGV[8] == 'COMPLETED' then settle() end
  touch()
end
return ok()
`);

export const SETTLE = defineScript(`${FENCED_LUA}
if settled == '0' and status ~= 'PENDING' and status ~= 'RUNNING' then
  settle()
  touch()
end
return ok()
`);

/** ARGV 8 job (id, spec, check at; empty id: none). */
export const CANCEL = defineScript(`${HEAD_LUA}${OPEN_JOB_LUA}
if not isKept(record) then return {'unknown'} end
local status, settled = unpack(redis.call('HMGET', record, 'status', 'settled'))
local outcome = 'ended'
if status == 'CANCELLED' and settled == '0' then
  outcome = 'already'
  redis.call('SADD', wakes, task .. ':' .. id)
end
if status == 'PENDING' or status == 'RUNNING' then
  outcome = 'cancelled'
  setStatus('CANCELLED')
  if status == 'PENDING' then settle() end
  touch()
  -- Should nobody come to wake its job, a chore does.
  redis.call('SADD', wakes, task .. ':' .. id)
  if ARGV[8] ~= '' then openJob(KEYS[5], KEYS[6], ARGV[8], ARGV[9], ARGV[10]) end
end
return {outcome, redis.call('HGETALL', record)}
`);

/** ARGV 8 name. A task that is settled claims nothing: nobody would free it. */
export const CLAIM = defineScript(`${FENCED_LUA}
if settled == '1' then return {'gone'} end
local name = ARGV[8]
local holder = redis.call('HGET', claims, name)
if holder == id then return {'claimed'} end
if holder then
  local key = recordKey(records, task, holder)
  if isKept(key) and redis.call('HGET', key, 'settled') == '0' then return {'held', holder} end
end
redis.call('HSET', claims, name, id)
local names = cjson.decode(redis.call('HGET', record, 'claims') or '[]')
names[#names + 1] = name
redis.call('HSET', record, 'claims', cjson.encode(names))
return {'claimed'}
`);

/** KEYS expiring, wakes. ARGV records, indexes, now, limit. */
export const TRIM = defineScript(`${TASK_INDEX_LUA}
return trim(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
`);
