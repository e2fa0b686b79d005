import { randomUUID } from 'node:crypto';
import { createSilentLogger, type Logger } from '@quartermaster/foundation';
import {
  connectRedis,
  createKeys,
  waitUntilReady,
  type Keys,
  type Redis,
  type RedisConfig,
} from '@quartermaster/stores';

/** For any answer of a Redis that is there; the machine may be busy with other things. */
const PATIENCE_MS = 60_000;

/** A corner of the integration tests' Redis that nobody else has. */
export interface TestRedis {
  readonly redis: Redis;
  readonly config: RedisConfig;
  readonly keys: Keys;
  close(): Promise<void>;
}

/** A connection that waits for its answers, as the product's own, which gives up after a second, does not. */
export async function connectPatiently(config: RedisConfig, log: Logger): Promise<Redis> {
  const redis = connectRedis(config, log);
  redis.options.commandTimeout = PATIENCE_MS;
  redis.options.socketTimeout = PATIENCE_MS;
  if (!(await waitUntilReady(redis, PATIENCE_MS))) throw new Error(`No Redis at ${config.REDIS_URL}`);
  return redis;
}

export async function openTestRedis(): Promise<TestRedis> {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined) throw new Error('TEST_REDIS_URL is not set: is this an integration test?');
  const config = { REDIS_URL: url, REDIS_PREFIX: `t${randomUUID().slice(0, 8)}`, REDIS_TLS_REJECT_UNAUTHORIZED: true };
  const redis = await connectPatiently(config, createSilentLogger());
  return {
    redis,
    config,
    keys: createKeys(config.REDIS_PREFIX),
    close: async () => void (await redis.quit()),
  };
}
