import { TASK_KEYS_LUA } from './keys.js';
import { defineScript } from './script.js';

/**
 * Only reads: what is found lives in the script, so that a query costs the append-only file nothing. It begins with the
 * condition that holds for the fewest, and asks the indexes of the others about those.
 * KEYS none. ARGV indexes, records, task, terms, sorts (fields, descending), first, last (from 1; of those in order).
 */
export const QUERY = defineScript(`${TASK_KEYS_LUA}
local indexes, records, task = ARGV[1], ARGV[2], ARGV[3]
local terms, sorts, first, last = cjson.decode(ARGV[4]), cjson.decode(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local CHUNK = 1000
local all = indexKey(indexes, task, 'order', 'date_created')
local total = redis.call('ZCARD', all)

local function inChunks(ids, ask)
  local answers = {}
  for from = 1, #ids, CHUNK do
    for i, answer in ipairs(ask(unpack(ids, from, math.min(from + CHUNK - 1, #ids)))) do answers[from + i - 1] = answer end
  end
  return answers
end
local function column(field, ids)
  local key = indexKey(indexes, task, 'column', field)
  return inChunks(ids, function(...) return redis.call('HMGET', key, ...) end)
end

local function countOf(alternative)
  if alternative.kind == 'id' then return #alternative.ids end
  if alternative.kind == 'range' then
    return redis.call('ZCOUNT', indexKey(indexes, task, 'order', alternative.field), alternative.min, alternative.max)
  end
  local count = 0
  for _, token in ipairs(alternative.tokens) do
    count = count + redis.call('SCARD', indexKey(indexes, task, 'is', alternative.field, token))
  end
  return count
end
local function gather(alternative, add)
  if alternative.kind == 'id' then
    for i, created in ipairs(column('date_created', alternative.ids)) do if created then add(alternative.ids[i]) end end
  elseif alternative.kind == 'range' then
    local key = indexKey(indexes, task, 'order', alternative.field)
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, alternative.min, alternative.max)) do add(id) end
  else
    for _, token in ipairs(alternative.tokens) do
      local key = indexKey(indexes, task, 'is', alternative.field, token)
      for _, id in ipairs(redis.call('SMEMBERS', key)) do add(id) end
    end
  end
end
local function bound(text)
  if string.sub(text, 1, 1) == '(' then return tonumber(string.sub(text, 2)), true end
  return tonumber(text), false
end
local function mark(alternative, ids, holds)
  if alternative.kind == 'id' then
    local wanted = {}
    for _, id in ipairs(alternative.ids) do wanted[id] = true end
    for i, id in ipairs(ids) do if wanted[id] then holds[i] = true end end
  elseif alternative.kind == 'range' then
    local min, max, open = tonumber(alternative.min), bound(alternative.max)
    for i, text in ipairs(column(alternative.field, ids)) do
      local value = text and tonumber(text)
      if value and value >= min and (open and value < max or not open and value <= max) then holds[i] = true end
    end
  else
    for _, token in ipairs(alternative.tokens) do
      local key = indexKey(indexes, task, 'is', alternative.field, token)
      local found = inChunks(ids, function(...) return redis.call('SMISMEMBER', key, ...) end)
      for i, is in ipairs(found) do if is == 1 then holds[i] = true end end
    end
  end
end

-- Newest first.
local function byAge(ids)
  local ordered, known = {}, {}
  if #ids * 10 < total then
    local ages = {}
    for i, id in ipairs(ids) do
      ages[i] = redis.call('ZREVRANK', all, id) or total
      known[ages[i]] = id
    end
    table.sort(ages)
    for i, age in ipairs(ages) do ordered[i] = known[age] end
    return ordered
  end
  for _, id in ipairs(ids) do known[id] = true end
  for _, id in ipairs(redis.call('ZREVRANGE', all, 0, -1)) do if known[id] then ordered[#ordered + 1] = id end end
  return ordered
end
-- Whether it holds for all there are: then nobody need be asked.
local function isAll(term, count)
  local only = #term == 1 and count == total and term[1]
  return only and (only.kind == 'range' or only.kind == 'is' and #only.tokens == 1)
end
local function find()
  local asked, base, fewest = {}, nil, nil
  for _, term in ipairs(terms) do
    local count = 0
    for _, alternative in ipairs(term) do count = count + countOf(alternative) end
    if not isAll(term, count) then
      asked[#asked + 1] = term
      if not fewest or count < fewest then base, fewest = #asked, count end
    end
  end
  if not base then return redis.call('ZREVRANGE', all, 0, -1) end
  local ids, seen = {}, {}
  local only = #asked[base] == 1 and asked[base][1]
  if only and only.kind == 'is' and #only.tokens == 1 then
    -- Nothing can come twice.
    ids = redis.call('SMEMBERS', indexKey(indexes, task, 'is', only.field, only.tokens[1]))
  else for _, alternative in ipairs(asked[base]) do
    gather(alternative, function(id)
      if not seen[id] then
        seen[id] = true
        ids[#ids + 1] = id
      end
    end)
  end end
  for i, term in ipairs(asked) do
    if i ~= base and #ids > 0 then
      local holds, left = {}, {}
      for _, alternative in ipairs(term) do mark(alternative, ids, holds) end
      for j, id in ipairs(ids) do if holds[j] then left[#left + 1] = id end end
      ids = left
    end
  end
  return byAge(ids)
end

-- For each sort what each id is sorted by: a number, text, or nothing.
local function columns(ids)
  local found = {}
  for s, sort in ipairs(sorts) do
    local values = {}
    if sort.field == '_id' then for i, id in ipairs(ids) do values[i] = 't' .. id end
    else for i, value in ipairs(column(sort.field, ids)) do values[i] = value and (tonumber(value) or value) or nil end end
    found[s] = values
  end
  return found
end
-- The first ones, by going through all of them once: ids that are alike stay in their order. Nothing where too many come
-- before those that came before them: then sorting all is faster.
local function select(count, found)
  local function isBefore(i, j)
    for s, sort in ipairs(sorts) do
      local x, y = found[s][i], found[s][j]
      if x ~= y then
        if x == nil then return false end
        if y == nil then return true end
        local isLess
        if type(x) == type(y) then isLess = x < y else isLess = type(x) == 'number' end
        return isLess ~= sort.descending
      end
    end
    return i < j
  end
  local chosen, put = {}, 0
  for i = 1, count do
    if #chosen < last or isBefore(i, chosen[#chosen]) then
      put = put + 1
      if put * 5 > count then return nil end
      local low, high = 1, #chosen + 1
      while low < high do
        local middle = math.floor((low + high) / 2)
        if isBefore(i, chosen[middle]) then high = middle else low = middle + 1 end
      end
      table.insert(chosen, low, i)
      chosen[last + 1] = nil
    end
  end
  return chosen
end
-- Place of each value among all, from 0, what is missing last; and how many places there are.
local function places(values, count, descending)
  local seen, numbers, texts, found = {}, {}, {}, {}
  for i = 1, count do
    local value = values[i]
    if value and not seen[value] then
      seen[value] = true
      if type(value) == 'number' then numbers[#numbers + 1] = value else texts[#texts + 1] = value end
    end
  end
  table.sort(numbers)
  table.sort(texts)
  local n, t = #numbers, #texts
  for i, number in ipairs(numbers) do seen[number] = descending and n + t - i or i - 1 end
  for i, text in ipairs(texts) do seen[text] = descending and t - i or n + i - 1 end
  for i = 1, count do found[i] = values[i] and seen[values[i]] or n + t end
  return found, n + t + 1
end
-- All of them: one number each, made of the places in all columns, is what Lua sorts fast.
local function sortAll(count, found)
  local keys, span, byKey = {}, 1, {}
  -- Whole numbers are exact up to 2^53.
  local function makeRoom(factor) if span * factor > 2 ^ 53 then keys, span = places(keys, count, false) end end
  for i = 1, count do keys[i] = 0 end
  for s, sort in ipairs(sorts) do
    local place, factor = places(found[s], count, sort.descending)
    makeRoom(factor)
    for i = 1, count do keys[i] = keys[i] * factor + place[i] end
    span = span * factor
  end
  makeRoom(count)
  for i = 1, count do
    keys[i] = keys[i] * count + i - 1
    byKey[keys[i]] = i
  end
  table.sort(keys)
  for i = 1, count do keys[i] = byKey[keys[i]] end
  return keys
end

local count, page = 0, {}
if #terms == 0 and #sorts == 0 then
  count = total
  page = redis.call('ZREVRANGE', all, first - 1, last - 1)
else
  local ids = find()
  count = #ids
  if first <= count then
    local found = columns(ids)
    local order = last * 100 <= count and select(count, found) or sortAll(count, found)
    for i = first, math.min(last, count) do page[#page + 1] = ids[order[i]] end
  end
end
local reply = {count}
for _, id in ipairs(page) do reply[#reply + 1] = {id, redis.call('HGETALL', recordKey(records, task, id))} end
return reply
`);
