import { createSilentLogger } from '@quartermaster/foundation';
import { createKeys, type Keys, type Redis } from '@quartermaster/stores';
import { connectPatiently } from '@quartermaster/testing';
import type { Lane } from './start-system';

/** Looks at what a lane has in Redis, over a connection of its own. */
export async function withRedis<T>(
  { prefix, redisUrl }: Lane,
  use: (redis: Redis, keys: Keys) => Promise<T>,
): Promise<T> {
  const settings = { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, REDIS_TLS_REJECT_UNAUTHORIZED: true };
  const redis = await connectPatiently(settings, createSilentLogger());
  try {
    return await use(redis, createKeys(prefix));
  } finally {
    redis.disconnect();
  }
}
