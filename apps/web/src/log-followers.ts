import { Readable } from 'node:stream';
import { AppError, describeError, type Logger } from '@quartermaster/foundation';
import type { FollowedLog, LogPlace, TaskLogLine, Tasks } from '@quartermaster/stores';

export interface LogFollowers {
  /**
   * A task's log from a place on, as server-sent events, until the task is settled. Throws `unavailable` where too many
   * follow already, here or under this token.
   */
  follow(place: LogPlace, caller: string): Readable;
  /** Ends all of them at once; their clients come again by themselves. */
  close(): void;
}

export interface LogFollowersOptions {
  readonly tasks: Pick<Tasks, 'followLogs'>;
  readonly log: Logger;
  /** Followers of this process at most, and of one token. */
  readonly most?: number;
  readonly mostOfToken?: number;
  /** How often (ms) Redis is asked, once for all of them. */
  readonly pollMs?: number;
  /** After how long (ms) without a line something is sent, so that routers leave the connection open. */
  readonly commentMs?: number;
  /** How long (ms) one may not read before it is let go. */
  readonly patienceMs?: number;
  /** After how long (ms) without any log read this is a warning. */
  readonly warnAfterMs?: number;
}

interface Follower {
  readonly stream: Readable;
  readonly task: string;
  readonly id: string;
  after: string;
  /** Has more than it has read: nothing is added until it has. */
  isFull: boolean;
  /** Has been told of the end, and may not have read it yet. */
  isOver: boolean;
  /** By `performance.now()`. */
  lastSentAt: number;
}

/** Lines of one log in one go; one that is behind is asked for again at once. */
const MOST_LINES = 100;
/** Of all logs that are asked for together, as a line may have 8,000 characters; and how many logs these are. */
const LINES_TOGETHER = 500;
const LOGS_TOGETHER = 20;
/** Bytes that wait for one reader, beside what the socket holds. */
const WAITING_BYTES = 64 * 1024;
/** How soon (ms) a client that was cut off comes again. */
const RECONNECT_MS = 1000;

/** All who follow logs through this process: one look at Redis serves them all, and nobody looks while nobody follows. */
export function createLogFollowers(options: LogFollowersOptions): LogFollowers {
  const { tasks, log, most = 200, mostOfToken = 50, pollMs = 250, commentMs = 15_000, patienceMs = 60_000 } = options;
  const trouble = createTrouble(log, options.warnAfterMs ?? 5_000);
  const followers = new Map<Follower, string>();
  let timer: NodeJS.Timeout | undefined;
  let isPolling = false;
  let isClosed = false;

  const poll = async (): Promise<void> => {
    timer = undefined;
    isPolling = true;
    let isBehind = false;
    try {
      const waiting = [...followers.keys()].filter(({ isFull, isOver }) => !isFull && !isOver);
      isBehind = await serve(waiting, tasks, log);
      trouble.passed();
    } catch (error) {
      trouble.met(error);
    }
    isPolling = false;
    for (const follower of followers.keys()) keepOpen(follower, commentMs, patienceMs);
    schedule(isBehind ? 0 : pollMs);
  };
  const schedule = (ms: number): void => {
    if (followers.size > 0 && timer === undefined && !isPolling) timer = setTimeout(() => void poll(), ms);
  };

  return {
    follow: (place, caller) => {
      if (isClosed) throw tooMany('This process is shutting down; come again.');
      const ofToken = [...followers.values()].filter((name) => name === caller).length;
      if (followers.size >= most) throw tooMany(`${most} logs are being followed here, which is the most.`);
      if (ofToken >= mostOfToken) throw tooMany(`The token ${caller} follows ${mostOfToken} logs, which is the most.`);
      const stream = new Readable({
        highWaterMark: WAITING_BYTES,
        read: () => {
          follower.isFull = false;
          follower.lastSentAt = performance.now();
        },
        destroy: (error, done) => {
          followers.delete(follower);
          done(error);
        },
      });
      const follower: Follower = { stream, ...place, isFull: false, isOver: false, lastSentAt: performance.now() };
      followers.set(follower, caller);
      send(follower, `retry: ${RECONNECT_MS}\n\n`);
      schedule(0);
      return stream;
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      for (const { stream } of followers.keys()) stream.push(null);
      followers.clear();
    },
  };
}

/** Tells of reads that fail: once where they do for a while, and when they work again. */
function createTrouble(log: Logger, warnAfterMs: number): { met(error: unknown): void; passed(): void } {
  let since: number | undefined;
  let isTold = false;
  return {
    met: (error) => {
      since ??= performance.now();
      const isLong = performance.now() - since >= warnAfterMs;
      const level = isLong && !isTold ? 'warn' : 'debug';
      isTold ||= isLong;
      log[level]('Logs can not be read for their followers; it is tried again', { error: describeError(error) });
    },
    passed: () => {
      if (isTold) log.info('Logs can be read for their followers again');
      since = undefined;
      isTold = false;
    },
  };
}

/** Gives each what is new. Whether somebody has more to come at once. */
async function serve(followers: readonly Follower[], tasks: Pick<Tasks, 'followLogs'>, log: Logger): Promise<boolean> {
  const groups = new Map<string, Follower[]>();
  for (const follower of followers) {
    const place = `${follower.task} ${follower.id} ${follower.after}`;
    groups.set(place, [...(groups.get(place) ?? []), follower]);
  }
  const all = [...groups.values()];
  let isBehind = false;
  for (let from = 0; from < all.length; from += LOGS_TOGETHER) {
    const together = all.slice(from, from + LOGS_TOGETHER);
    const places = together.flatMap(([first]) => (first === undefined ? [] : [first]));
    const limit = Math.min(MOST_LINES, Math.floor(LINES_TOGETHER / together.length));
    const found = await tasks.followLogs(
      places.map(({ task, id, after }) => ({ task, id, after })),
      limit,
    );
    for (const [i, news] of found.entries()) {
      if (news.failure !== undefined) {
        const { task, id: task_id } = places[i] ?? {};
        log.warn('The log of a task can not be read; its followers are let go', { task, task_id, error: news.failure });
      }
      for (const follower of together[i] ?? []) tell(follower, news);
    }
    isBehind ||= found.some(({ lines }) => lines.length === limit);
  }
  return isBehind;
}

function tell(follower: Follower, { lines, status, settled, failure }: FollowedLog): void {
  const { stream } = follower;
  if (stream.destroyed) return;
  if (failure !== undefined) {
    stream.destroy();
    return;
  }
  const last = lines.at(-1);
  if (last !== undefined) {
    follower.after = last.id;
    send(follower, lines.map(toEvent).join(''));
  } else if (settled || status === undefined) {
    follower.isOver = true;
    // With an id, also where there was no line: who comes again says it, and is told that this was all.
    send(follower, `id: ${follower.after}\nevent: end\ndata: ${JSON.stringify({ status: status ?? null })}\n\n`);
    stream.push(null);
  }
}

function toEvent({ id, timestamp, level, message }: TaskLogLine): string {
  return `id: ${id}\nevent: log\ndata: ${JSON.stringify({ timestamp, level, message })}\n\n`;
}

function keepOpen(follower: Follower, commentMs: number, patienceMs: number): void {
  const silentMs = performance.now() - follower.lastSentAt;
  if (follower.isFull && silentMs > patienceMs) follower.stream.destroy();
  else if (!follower.isFull && !follower.isOver && silentMs > commentMs) send(follower, ':\n\n');
}

function send(follower: Follower, text: string): void {
  follower.isFull = !follower.stream.push(text);
  follower.lastSentAt = performance.now();
}

function tooMany(message: string): AppError {
  return new AppError('unavailable', 'too-many-followers', message, { retryAfterSeconds: 5 });
}
