import { TASK_KEYS_LUA } from './keys.js';
import { OPEN_JOB_LUA } from './open-jobs.js';
import { defineScript } from './script.js';

/**
 * A record is a hash: `status`, `settled`, `created`, `updated` and the like, `f:<name>` a field of the task's own in JSON,
 * `x:<name>` what the indexes hold of a field, by which it is taken out of them again.
 */
const INDEX_LUA = `${TASK_KEYS_LUA}
local function entryOf(json)
  if not json or json == '' then return {} end
  return cjson.decode(json)
end
local function reindex(at, field, json)
  local before = redis.call('HGET', at.record, 'x:' .. field)
  if (before or '') == json then return end
  local old, new, stays = entryOf(before), entryOf(json), {}
  for _, token in ipairs(new.is or {}) do stays[token] = true end
  for _, token in ipairs(old.is or {}) do
    if not stays[token] then redis.call('SREM', indexKey(at.indexes, at.task, 'is', field, token), at.id) end
  end
  for _, token in ipairs(new.is or {}) do
    redis.call('SADD', indexKey(at.indexes, at.task, 'is', field, token), at.id)
  end
  local order, column = indexKey(at.indexes, at.task, 'order', field), indexKey(at.indexes, at.task, 'column', field)
  if new.order then redis.call('ZADD', order, new.order, at.id) elseif old.order then redis.call('ZREM', order, at.id) end
  if new.order then redis.call('HSET', column, at.id, new.order)
  elseif new.text then redis.call('HSET', column, at.id, 't' .. new.text)
  else redis.call('HDEL', column, at.id) end
  if json == '' then redis.call('HDEL', at.record, 'x:' .. field)
  else redis.call('HSET', at.record, 'x:' .. field, json) end
end
local function putTime(at, field, time)
  redis.call('ZADD', indexKey(at.indexes, at.task, 'order', field), time, at.id)
  redis.call('HSET', indexKey(at.indexes, at.task, 'column', field), at.id, time)
end
local function dropTime(at, field)
  redis.call('ZREM', indexKey(at.indexes, at.task, 'order', field), at.id)
  redis.call('HDEL', indexKey(at.indexes, at.task, 'column', field), at.id)
end
local function trim(expiring, records, indexes, now, limit)
  local due = redis.call('ZRANGEBYSCORE', expiring, '-inf', now, 'LIMIT', 0, limit)
  for _, member in ipairs(due) do
    local task, id = string.match(member, '^([^:]+):(.+)$')
    local at = { record = recordKey(records, task, id), indexes = indexes, task = task, id = id }
    for _, name in ipairs(redis.call('HKEYS', at.record)) do
      if string.sub(name, 1, 2) == 'x:' then reindex(at, string.sub(name, 3), '') end
    end
    dropTime(at, 'date_created')
    dropTime(at, 'date_updated')
    redis.call('DEL', at.record, logKey(records, task, id))
    redis.call('ZREM', expiring, member)
  end
  return #due
end
`;

/**
 * KEYS record, lease, claims, expiring, openJobs, openJobSpecs. ARGV records, indexes, task, id, now, retention, fence; each
 * script's own follow from 8 on. Replies begin with a word; with `ok` the record follows.
 */
const HEAD_LUA = `${INDEX_LUA}
local record, lease, claims, expiring = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
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
local function setStatus(status)
  redis.call('HSET', record, 'status', status)
  reindex(at, 'status', '{"is":["=' .. status .. '"],"text":"' .. toHex(status) .. '"}')
end
local function setSettled(settled)
  redis.call('HSET', record, 'settled', settled and '1' or '0')
  reindex(at, 'settled', settled and '{"is":["=true"],"order":"1"}' or '{"is":["=false"],"order":"0"}')
end
local function settle()
  for _, name in ipairs(cjson.decode(redis.call('HGET', record, 'claims') or '[]')) do
    if redis.call('HGET', claims, name) == id then redis.call('HDEL', claims, name) end
  end
  redis.call('HDEL', record, 'claims')
  setSettled(true)
  local expiresAt = tonumber(now) + tonumber(ARGV[6])
  redis.call('HSET', record, 'expires_at', expiresAt)
  redis.call('ZADD', expiring, expiresAt, task .. ':' .. id)
end
local function note(exception)
  local noted = cjson.decode(redis.call('HGET', record, 'exceptions') or '[]')
  if #noted >= 100 then table.remove(noted, 1) end
  noted[#noted + 1] = cjson.decode(exception)
  redis.call('HSET', record, 'exceptions', cjson.encode(noted))
end
local function putFields(json)
  for _, field in ipairs(cjson.decode(json)) do
    redis.call('HSET', record, 'f:' .. field.name, field.value)
    reindex(at, field.key, field.entry)
  end
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
if redis.call('EXISTS', record) == 1 then return {'same'} end
local former = ARGV[13]
if former ~= '' then
  local key = recordKey(records, task, former)
  if not isKept(key) then return {'unknown'} end
  local seen = redis.call('HMGET', key, 'status', 'settled', 'resumed_by')
  if seen[3] then return {'resumed', seen[3]} end
  if seen[2] ~= '1' then return {'unsettled'} end
  if seen[1] == 'COMPLETED' then return {'completed'} end
  redis.call('HSET', key, 'resumed_by', id, 'updated', now)
  putTime({ indexes = indexes, task = task, id = former }, 'date_updated', now)
  redis.call('HSET', record, 'resumed_from', former)
end
trim(expiring, records, indexes, now, 5)
redis.call('HSET', record, 'created', now, 'request_id', ARGV[8])
if ARGV[9] ~= '' then redis.call('HSET', record, 'slack_channel', ARGV[9]) end
if ARGV[10] ~= '' then
  redis.call('HSET', record, 'due_at', ARGV[10])
  reindex(at, 'due_at', ARGV[11])
end
putTime(at, 'date_created', now)
setStatus('PENDING')
setSettled(false)
putFields(ARGV[12])
touch()
openJob(KEYS[5], KEYS[6], ARGV[14], ARGV[15], ARGV[16])
return {'accepted'}
`);

export const BEGIN = defineScript(`${FENCED_LUA}
if status == 'PENDING' then
  setStatus('RUNNING')
  touch()
end
return ok()
`);

/** ARGV 8 fields. */
export const UPDATE = defineScript(`${FENCED_LUA}
if settled == '0' then
  putFields(ARGV[8])
  touch()
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
if status == 'CANCELLED' and settled == '0' then outcome = 'already' end
if status == 'PENDING' or status == 'RUNNING' then
  outcome = 'cancelled'
  setStatus('CANCELLED')
  if status == 'PENDING' then settle() end
  touch()
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

/** KEYS expiring. ARGV records, indexes, now, limit. */
export const TRIM = defineScript(`${INDEX_LUA}
return trim(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
`);
