import { TASK_KEYS_LUA } from './keys.js';

/**
 * A record is a hash: `status`, `settled`, `created`, `updated` and the like, `f:<name>` a field of the task's own in JSON,
 * `x:<name>` what the indexes hold of a field, by which it is taken out of them again. `bytes` is what its own fields take,
 * `log_bytes` its log.
 */
export const TASK_INDEX_LUA = `${TASK_KEYS_LUA}
local function entryOf(json)
  if not json or json == '' then return {} end
  return cjson.decode(json)
end
-- Decides first: what can not be decoded throws before anything is written.
local function planIndex(at, field, json)
  local before = redis.call('HGET', at.record, 'x:' .. field) or ''
  if before == json then return nil end
  return { field = field, json = json, old = entryOf(before), new = entryOf(json) }
end
local function applyIndex(at, plan)
  if not plan then return end
  local field, old, new, stood, stays = plan.field, plan.old, plan.new, {}, {}
  for _, token in ipairs(old.is or {}) do stood[token] = true end
  for _, token in ipairs(new.is or {}) do stays[token] = true end
  for _, token in ipairs(old.is or {}) do
    if not stays[token] then redis.call('SREM', indexKey(at.indexes, at.task, 'is', field, token), at.id) end
  end
  for _, token in ipairs(new.is or {}) do
    if not stood[token] then redis.call('SADD', indexKey(at.indexes, at.task, 'is', field, token), at.id) end
  end
  local order, column = indexKey(at.indexes, at.task, 'order', field), indexKey(at.indexes, at.task, 'column', field)
  if new.order then redis.call('ZADD', order, new.order, at.id) elseif old.order then redis.call('ZREM', order, at.id) end
  if new.order then redis.call('HSET', column, at.id, new.order)
  elseif new.text then redis.call('HSET', column, at.id, 't' .. new.text)
  else redis.call('HDEL', column, at.id) end
  if plan.json == '' then redis.call('HDEL', at.record, 'x:' .. field)
  else redis.call('HSET', at.record, 'x:' .. field, plan.json) end
end
local function reindex(at, field, json) applyIndex(at, planIndex(at, field, json)) end
local function putTime(at, field, time)
  redis.call('ZADD', indexKey(at.indexes, at.task, 'order', field), time, at.id)
  redis.call('HSET', indexKey(at.indexes, at.task, 'column', field), at.id, time)
end
local function dropTime(at, field)
  redis.call('ZREM', indexKey(at.indexes, at.task, 'order', field), at.id)
  redis.call('HDEL', indexKey(at.indexes, at.task, 'column', field), at.id)
end
local function trim(expiring, wakes, records, indexes, now, limit)
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
    redis.call('SREM', wakes, member)
    redis.call('ZREM', expiring, member)
  end
  return #due
end
`;
