import { cutText } from '@quartermaster/foundation';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, isReplyError, runScript } from './script.js';
import type { TaskLogLevel, TaskLogLine, TaskStatus } from './task-record.js';

export interface NewTaskLogLine {
  readonly level: TaskLogLevel;
  readonly message: string;
  /** ISO 8601 UTC; now unless told otherwise. */
  readonly timestamp?: string;
}

/** A log somewhere in the middle. */
export interface LogPlace {
  readonly task: string;
  readonly id: string;
  /** Id of the last line that is known; `0`: none. */
  readonly after: string;
}

export interface FollowedLog {
  readonly lines: readonly TaskLogLine[];
  /** `undefined`: the task is not kept any more. */
  readonly status: TaskStatus | undefined;
  readonly settled: boolean;
  /** Why this log could not be read, in Redis's words. */
  readonly failure?: string;
}

/**
 * The log of a task: a stream of lines, the newest 10,000 and 4 MB at most. Lines are cut at 8,000 characters. Not fenced: a
 * line does no harm.
 */
export interface TaskLogs {
  /** In one go, in this order. Nothing where the task is not kept any more. */
  appendLog(task: string, id: string, lines: readonly NewTaskLogLine[]): Promise<void>;
  /** Oldest first. `after`: the id of the last line that is known; behind the greatest id that there can be is nothing. */
  readLog(
    task: string,
    id: string,
    range: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<TaskLogLine[]>;
  /** The last `count` lines, oldest first. */
  lastLog(task: string, id: string, count: number): Promise<TaskLogLine[]>;
  /**
   * What came in each of several logs, `limit` lines of each at most, and how their tasks stood before it was read. A log that
   * can not be read says so itself and takes nothing from the others.
   */
  followLogs(places: readonly LogPlace[], limit: number): Promise<FollowedLog[]>;
}

const LONGEST_LOG = 10_000;
const MOST_BYTES = 4_000_000;
const LONGEST_MESSAGE = 8_000;

/**
 * KEYS record, log. ARGV longest, most bytes, then timestamp, level and message of each line. A log that is too long loses a
 * twentieth, so that not every line has to take one away.
 */
const APPEND = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local length, bytes = 0, tonumber(redis.call('HGET', KEYS[1], 'log_bytes') or '0')
-- What a line takes beside its message, roughly.
local function sizeOf(message) return #message + 50 end
for i = 3, #ARGV, 3 do
  redis.call('XADD', KEYS[2], '*', 't', ARGV[i], 'l', ARGV[i + 1], 'm', ARGV[i + 2])
  bytes = bytes + sizeOf(ARGV[i + 2])
end
length = redis.call('XLEN', KEYS[2])
local longest, most = tonumber(ARGV[1]), tonumber(ARGV[2])
if length > longest or bytes > most then
  longest, most = longest * 0.95, most * 0.95
  while length > 1 and (length > longest or bytes > most) do
    local oldest, kept = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 51), 1
    while kept < #oldest and (length > longest or bytes > most) do
      bytes, length, kept = bytes - sizeOf(oldest[kept][2][6]), length - 1, kept + 1
    end
    redis.call('XTRIM', KEYS[2], 'MINID', oldest[kept][1])
  end
end
redis.call('HSET', KEYS[1], 'log_bytes', bytes)
return 1
`);

type StreamEntry = [id: string, values: string[]];
type Reply = [error: Error | null, value: unknown];

export function createTaskLogs(redis: Redis, keys: Keys): TaskLogs {
  return {
    appendLog: async (task, id, lines) => {
      if (lines.length === 0) return;
      const now = new Date().toISOString();
      const args = lines.flatMap(({ timestamp, level, message }) => [
        timestamp ?? now,
        level,
        cutText(message, LONGEST_MESSAGE),
      ]);
      await runScript(redis, APPEND, [keys.task(task, id), keys.taskLog(task, id)], [LONGEST_LOG, MOST_BYTES, ...args]);
    },
    readLog: async (task, id, { after, limit }) => {
      const from = after === undefined ? '-' : behind(after);
      if (from === undefined) return [];
      return toLines(await redis.xrange(keys.taskLog(task, id), from, '+', 'COUNT', limit));
    },
    lastLog: async (task, id, count) =>
      toLines(await redis.xrevrange(keys.taskLog(task, id), '+', '-', 'COUNT', count)).reverse(),
    followLogs: async (places, limit) => {
      if (places.length === 0) return [];
      // The records first: a task that is settled by then has no line that the logs do not show.
      const transaction = redis.multi();
      for (const { task, id } of places) transaction.hmget(keys.task(task, id), 'status', 'settled');
      const asked = places.map(({ after }) => behind(after));
      for (const [i, { task, id }] of places.entries()) {
        const from = asked[i];
        if (from === undefined) transaction.exists(keys.taskLog(task, id));
        else transaction.xrange(keys.taskLog(task, id), from, '+', 'COUNT', limit);
      }
      const replies = (await transaction.exec()) ?? [];
      return places.map((_place, i) => toFollowed(replies[i], replies[places.length + i], asked[i] !== undefined));
    },
  };
}

/** Ids of a stream have two parts of 64 bits. */
const GREATEST = 2n ** 64n - 1n;

/** Where a range begins that leaves out this id; `undefined`: nothing can be behind it. */
function behind(id: string): string | undefined {
  const [ms, number] = id.split('-', 2).map((part) => (/^\d{1,40}$/.test(part) ? BigInt(part) : 0n));
  const last = number === undefined || number < GREATEST ? (number ?? 0n) : GREATEST;
  if (ms === undefined || ms > GREATEST || (ms === GREATEST && last === GREATEST)) return undefined;
  return `(${ms}-${last}`;
}

function toFollowed(record: Reply | undefined, log: Reply | undefined, isRange: boolean): FollowedLog {
  const error = record?.[0] ?? log?.[0];
  if (error !== null && error !== undefined) {
    // What is no answer of Redis is an outage, which all have.
    if (!isReplyError(error)) throw error;
    return { lines: [], status: undefined, settled: false, failure: error.message };
  }
  const [status, settled] = (record?.[1] ?? []) as [string?, string?];
  return {
    lines: isRange ? toLines((log?.[1] ?? []) as StreamEntry[]) : [],
    status: (status ?? undefined) as TaskStatus | undefined,
    settled: settled === '1',
  };
}

function toLines(entries: readonly StreamEntry[]): TaskLogLine[] {
  // Names and values in turn, in the order in which they were written.
  return entries.map(([id, [, timestamp = '', , level = 'info', , message = '']]) => ({
    id,
    timestamp,
    level: level as TaskLogLevel,
    message,
  }));
}
