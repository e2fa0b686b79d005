import { defineScript } from './script.js';

/** How long (ms) a request counts after its end: a second, and some for clocks that count in whole milliseconds. */
const WINDOW_MS = 1_010;
/** After this (ms) a request counts as ended that nobody has ended: longer than any client waits for an answer. */
const LONGEST_MS = 15_000;
/** Who is later than this (ms) loses its place in the order to whoever is there; later than that, its turn. */
const GRACE_MS = 300;
const NO_SHOW_MS = 60_000;
/** No turn lies further ahead (ms), and a slot never further than one spacing: else Redis's clock was set back. */
const FARTHEST_MS = 600_000;
const DAY_MS = 86_400_000;

/** Redis's clock alone counts, whatever the processes' own say. */
const NOW_LUA = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * KEYS slots, tickets, places. ARGV claimant, lane, spacing, gap between turns of the lane, requests a second, place.
 * → {1, ms until the slot}, {0, ms until to come back}.
 *
 * A place is a request from its slot on until a second after its end; there are no more places than requests a second. So
 * no second has more of them, wherever they are counted: it does not matter how long each is under way, or how late a
 * process sends it. To space only the starts would not do: a slow request and a quick one after it arrive together.
 *
 * A turn is what claimants have in the order of both lanes. One that comes again and again can't take the slots of those
 * who were told to come back, and who never comes holds up the others no longer than the grace.
 */
export const CLAIM = defineScript(`${NOW_LUA}
local claimant, spacing, turns = ARGV[1], tonumber(ARGV[3]), 'turn:' .. ARGV[2]
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or '0')
if last > now + spacing then last = now end
local turn = tonumber(redis.call('ZSCORE', KEYS[2], claimant) or '')
if not turn then
  local former = tonumber(redis.call('HGET', KEYS[1], turns) or '0')
  turn = math.min(math.max(now, former + tonumber(ARGV[4])), now + ${FARTHEST_MS})
  redis.call('HSET', KEYS[1], turns, turn)
end

local before = 0
for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. turn)) do
  local due = tonumber(redis.call('HGET', KEYS[1], 'due:' .. other) or '0')
  if due >= now - ${GRACE_MS} then before = before + 1 end
  if due < now - ${NO_SHOW_MS} then
    redis.call('ZREM', KEYS[2], other)
    redis.call('HDEL', KEYS[1], 'due:' .. other)
  end
end

redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - ${WINDOW_MS})
local free = tonumber(ARGV[5]) - redis.call('ZCOUNT', KEYS[3], '(' .. now, '+inf')
local start = math.max(now, math.min(turn, now + ${FARTHEST_MS}), last + spacing * (1 + before))
if free <= 0 then
  -- Nobody knows when the first of those under way ends.
  start = math.max(start, now + 2 * spacing)
else
  local oldest = redis.call('ZREVRANGEBYSCORE', KEYS[3], now, '-inf', 'WITHSCORES', 'LIMIT', free - 1, 1)
  if oldest[2] then start = math.max(start, tonumber(oldest[2]) + ${WINDOW_MS}) end
end

redis.call('PEXPIRE', KEYS[1], ${DAY_MS})
if start - now > spacing then
  -- A bit earlier than its turn: who is early waits, who is late leaves a gap.
  local pause = start - now - math.floor(spacing * 0.75)
  redis.call('ZADD', KEYS[2], turn, claimant)
  redis.call('HSET', KEYS[1], 'due:' .. claimant, now + pause)
  redis.call('PEXPIRE', KEYS[2], ${DAY_MS})
  return {0, pause}
end
redis.call('ZREM', KEYS[2], claimant)
redis.call('HDEL', KEYS[1], 'due:' .. claimant)
redis.call('HSET', KEYS[1], 'last', start)
redis.call('ZADD', KEYS[3], start + ${LONGEST_MS}, ARGV[6])
redis.call('PEXPIRE', KEYS[3], ${DAY_MS})
return {1, start - now}
`);

/** KEYS places. ARGV place. */
export const END = defineScript(`${NOW_LUA}
return redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])
`);
