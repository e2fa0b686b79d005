import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, execute, runScript } from './script.js';
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
}

/** The log of a task: a stream of lines, the newest 10,000 or so. Lines are cut at 8,000 characters. Not fenced: a line does no harm. */
export interface TaskLogs {
  /** In one go, in this order. Nothing where the task is not kept any more. */
  appendLog(task: string, id: string, lines: readonly NewTaskLogLine[]): Promise<void>;
  /** Oldest first. `after`: the id of the last line that is known. */
  readLog(
    task: string,
    id: string,
    range: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<TaskLogLine[]>;
  /** The last `count` lines, oldest first. */
  lastLog(task: string, id: string, count: number): Promise<TaskLogLine[]>;
  /** What came in each of several logs, `limit` lines of each at most, and how their tasks stood before it was read. */
  followLogs(places: readonly LogPlace[], limit: number): Promise<FollowedLog[]>;
}

const LONGEST_LOG = 10_000;
const LONGEST_MESSAGE = 8_000;

/** KEYS record, log. ARGV longest, then timestamp, level and message of each line. */
const APPEND = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i = 2, #ARGV, 3 do
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], '*', 't', ARGV[i], 'l', ARGV[i + 1], 'm', ARGV[i + 2])
end
return 1
`);

type StreamEntry = [id: string, values: string[]];

export function createTaskLogs(redis: Redis, keys: Keys): TaskLogs {
  return {
    appendLog: async (task, id, lines) => {
      if (lines.length === 0) return;
      const now = new Date().toISOString();
      const args = lines.flatMap(({ timestamp, level, message }) => [
        timestamp ?? now,
        level,
        message.slice(0, LONGEST_MESSAGE),
      ]);
      await runScript(redis, APPEND, [keys.task(task, id), keys.taskLog(task, id)], [LONGEST_LOG, ...args]);
    },
    readLog: async (task, id, { after, limit }) => {
      const from = after === undefined ? '-' : `(${after}`;
      return toLines(await redis.xrange(keys.taskLog(task, id), from, '+', 'COUNT', limit));
    },
    lastLog: async (task, id, count) =>
      toLines(await redis.xrevrange(keys.taskLog(task, id), '+', '-', 'COUNT', count)).reverse(),
    followLogs: async (places, limit) => {
      if (places.length === 0) return [];
      // The records first: a task that is settled by then has no line that the logs do not show.
      const transaction = redis.multi();
      for (const { task, id } of places) transaction.hmget(keys.task(task, id), 'status', 'settled');
      for (const { task, id, after } of places) {
        transaction.xrange(keys.taskLog(task, id), `(${after}`, '+', 'COUNT', limit);
      }
      const results = await execute(transaction);
      return places.map((_place, i) => {
        const [status, settled] = results[i] as [string | null, string | null];
        return {
          lines: toLines(results[places.length + i] as StreamEntry[]),
          status: (status ?? undefined) as TaskStatus | undefined,
          settled: settled === '1',
        };
      });
    },
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
