import { inspect, types } from 'node:util';
import { describeError, type Logger } from '@quartermaster/foundation';
import type { NewTaskLogLine, TaskLogLevel } from '@quartermaster/stores';
import type { TaskLog } from '@quartermaster/tasks';

/** The log of a task while it runs: lines go to its stream, in order, and to the worker's log. */
export interface RunLog extends TaskLog {
  /** Waits until every line so far is in the stream, or could not be written. */
  flush(): Promise<void>;
}

/** A line costs no waiting. One that can not be written, as Redis is away, stands in the worker's log only. */
export function createRunLog(append: (lines: readonly NewTaskLogLine[]) => Promise<void>, log: Logger): RunLog {
  let waiting: NewTaskLogLine[] = [];
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        await append(lines);
      } catch (error) {
        log.warn('Lines could not be written to the log of a task', {
          lines: lines.length,
          error: describeError(error),
        });
      }
    }
  };
  const put = (level: TaskLogLevel) => (said: unknown, values?: object) => {
    const message = asText(said);
    log[level](message, { ...values });
    waiting.push({ level, message, timestamp: new Date().toISOString() });
    writing ??= write().finally(() => (writing = undefined));
  };
  return {
    debug: put('debug'),
    info: put('info'),
    warn: put('warn'),
    error: put('error'),
    fatal: put('fatal'),
    flush: async () => {
      // Lines that come meanwhile are written by the same call.
      await writing;
    },
  };
}

/** A task of JavaScript may log whatever it likes; a line is text. */
function asText(said: unknown): string {
  if (typeof said === 'string') return said;
  // Also one of another realm.
  if (types.isNativeError(said)) return said.message || said.name;
  try {
    return JSON.stringify(said) ?? String(said);
  } catch {
    return inspect(said, { depth: 1 });
  }
}
