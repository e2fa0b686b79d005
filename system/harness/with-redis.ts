import { createSilentLogger } from '@quartermaster/foundation';
import { connectRedis, createKeys, waitUntilReady, type Keys, type Redis } from '@quartermaster/stores';
import type { Lane } from './start-system';

/** Looks at what a lane has in Redis, over a connection of its own. */
export async function withRedis<T>(
  { prefix, redisUrl }: Lane,
  use: (redis: Redis, keys: Keys) => Promise<T>,
): Promise<T> {
  const settings = { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, REDIS_TLS_REJECT_UNAUTHORIZED: true };
  const redis = connectRedis(settings, createSilentLogger());
  await waitUntilReady(redis, 5000);
  try {
    return await use(redis, createKeys(prefix));
  } finally {
    redis.disconnect();
  }
}
