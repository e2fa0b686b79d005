import { AppError, describeError, type Logger } from '@quartermaster/foundation';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisConfig } from './redis-settings.js';
import { isReplyError } from './script.js';

export type { Redis } from 'ioredis';

/**
 * `web` and every store answer fast or not at all: with Redis down, hung or cut off a command fails within about a
 * second, and the connection comes back by itself. Measured settings; the offline queue would hold commands for ever.
 */
const FAIL_FAST = {
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  commandTimeout: 1000,
  connectTimeout: 1000,
  // A connection that was cut without a word: given up, and a new one made, when an answer is this late.
  socketTimeout: 1500,
  retryStrategy: () => 500,
} satisfies RedisOptions;

/** Connection options from the configuration, for whoever opens connections of its own (the queues' workers do). */
export function redisOptions(config: RedisConfig): RedisOptions {
  const url = new URL(config.REDIS_URL);
  const database = Number(url.pathname.slice(1) || '0');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || '6379'),
    db: Number.isInteger(database) ? database : 0,
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' ? { tls: { rejectUnauthorized: config.REDIS_TLS_REJECT_UNAUTHORIZED } } : {}),
    protocol: 2,
    keepAlive: 5000,
    // A failover turns the server that we hang on into a replica: only a reconnect finds the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** A connection for stores and producers: fails fast, recovers by itself, says in the log when it goes and comes. */
export function connectRedis(config: RedisConfig, log: Logger): Redis {
  const redis = new Redis({ ...redisOptions(config), ...FAIL_FAST, replyMapping: 'legacy' });
  let lost = false;
  redis.on('error', (error) => {
    if (!lost) log.warn('Redis is out of reach', { error: describeError(error) });
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) log.info('Redis is back');
    lost = false;
  });
  return redis;
}

/** Waits until the connection is usable, `limitMs` at most; false when it is not by then. */
export async function waitUntilReady(redis: Redis, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (redis.status !== 'ready' && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  return redis.status === 'ready';
}

/** A failed Redis call in the house's words; `undefined` for errors that are not Redis's. */
export function asRedisFailure(error: unknown): AppError | undefined {
  // An error in our own words says itself what failed, and may well quote the same words of another connection.
  if (!(error instanceof Error) || error instanceof AppError) return undefined;
  if (isReplyError(error) && /^(OOM|MISCONF)/.test(error.message)) {
    return new AppError('unavailable', 'redis-out-of-memory', 'Redis is out of memory or can not write.', {
      retryAfterSeconds: 30,
      cause: error,
    });
  }
  const unreachable =
    /Command timed out|Connection is closed|Stream isn't writeable|max retries per request|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|connect ETIMEDOUT|Socket closed/i;
  const passing = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM)\b/;
  if (!unreachable.test(error.message) && !passing.test(error.message) && error.name !== 'MaxRetriesPerRequestError') {
    return undefined;
  }
  return new AppError('unavailable', 'redis-unavailable', 'Redis does not answer.', {
    retryAfterSeconds: 2,
    cause: error,
  });
}

/** What is wrong with a Redis for our purpose: it would forget (no AOF) or drop (eviction). Empty when nothing is. */
export async function findDurabilityProblems(redis: Redis): Promise<string[]> {
  const info = await redis.info();
  const read = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const problems: string[] = [];
  if (read('aof_enabled') === '0') problems.push('appendonly is off: a crash of Redis loses acknowledged requests');
  const policy = read('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    problems.push(`maxmemory-policy is ${policy}, not noeviction: Redis may drop jobs`);
  }
  return problems;
}

/** Says in the log what is wrong with a Redis for our purpose. */
export async function warnOfDurability(redis: Redis, log: Logger): Promise<void> {
  try {
    for (const problem of await findDurabilityProblems(redis)) log.warn('This Redis is not safe', { problem });
  } catch (error) {
    log.debug("Redis's settings could not be read", { error: describeError(error) });
  }
}
