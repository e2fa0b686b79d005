import { createSilentLogger } from '@quartermaster/foundation';
import { connectRedis, createKeys, waitUntilReady, type Keys, type Redis } from '@quartermaster/stores';

/** A look into Redis, for what no client can ask: whether anything was left behind. */
export interface RedisView {
  readonly keys: Keys;
  /** Ids of the jobs that were accepted and are not done. */
  openJobs(): Promise<string[]>;
  /** Build ids for which instances are still set aside. */
  reservations(): Promise<string[]>;
  /** Every build that is kept. */
  buildIds(): Promise<string[]>;
  close(): void;
}

export function createRedisView(url: string, prefix: string): RedisView {
  const keys = createKeys(prefix);
  const redis = connectRedis(
    { REDIS_URL: url, REDIS_PREFIX: prefix, REDIS_TLS_REJECT_UNAUTHORIZED: true },
    createSilentLogger(),
  );
  const ask = async <T>(question: (redis: Redis) => Promise<T>): Promise<T> => {
    await waitUntilReady(redis, 5000);
    return question(redis);
  };
  return {
    keys,
    openJobs: () => ask((asked) => asked.zrange(keys.openJobs, '0', '-1')),
    reservations: () => ask((asked) => asked.hkeys(keys.reservedInstances)),
    buildIds: () => ask((asked) => asked.zrange(keys.buildIndex(), '0', '-1')),
    close: () => redis.disconnect(),
  };
}
