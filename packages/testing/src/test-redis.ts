import { randomUUID } from 'node:crypto';
import { createSilentLogger } from '@quartermaster/foundation';
import {
  connectRedis,
  createKeys,
  waitUntilReady,
  type Keys,
  type Redis,
  type RedisConfig,
} from '@quartermaster/stores';

/** A corner of the integration tests' Redis that nobody else has. */
export interface TestRedis {
  readonly redis: Redis;
  readonly config: RedisConfig;
  readonly keys: Keys;
  close(): Promise<void>;
}

export async function openTestRedis(): Promise<TestRedis> {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined) throw new Error('TEST_REDIS_URL is not set: is this an integration test?');
  const config = { REDIS_URL: url, REDIS_PREFIX: `t${randomUUID().slice(0, 8)}`, REDIS_TLS_REJECT_UNAUTHORIZED: true };
  const redis = connectRedis(config, createSilentLogger());
  if (!(await waitUntilReady(redis, 5000))) throw new Error(`No Redis at ${url}`);
  return {
    redis,
    config,
    keys: createKeys(config.REDIS_PREFIX),
    close: async () => void (await redis.quit()),
  };
}
