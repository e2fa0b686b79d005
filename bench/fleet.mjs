// A made-up fleet in the cache, written by the product's own store.
import { createSilentLogger } from '@quartermaster/foundation';
import { connectRedis, createInstanceCache, createKeys, waitUntilReady } from '@quartermaster/stores';

/** Instances that differ as real ones do; every tenth has the site `bench`. */
export function makeFleet(count) {
  return Array.from({ length: count }, (_, index) => {
    const hex = index.toString(16).padStart(17, '0');
    return {
      id: `i-${hex}`,
      name: `worker-org-staging-docker-${hex}`,
      instance_type: 'c3.2xlarge',
      image_id: 'ami-0123456789abcdef0',
      ip: `203.0.${(index >> 8) & 255}.${index & 255}`,
      private_ip: `10.1.${(index >> 8) & 255}.${index & 255}`,
      launch_time: new Date(1_700_000_000_000 + index * 1000).toISOString(),
      state: 'running',
      queue: 'docker',
      env: index % 2 === 0 ? 'staging' : 'production',
      site: index % 10 === 0 ? 'bench' : 'org',
      role: 'worker',
      managed: true,
      build_id: '',
    };
  });
}

/** Makes the cache hold exactly this many instances. */
export async function writeFleet(redisUrl, prefix, count) {
  const config = { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, REDIS_TLS_REJECT_UNAUTHORIZED: true };
  const redis = connectRedis(config, createSilentLogger());
  await waitUntilReady(redis, 5000);
  const cache = createInstanceCache(redis, createKeys(prefix));
  const { meta, instances } = await cache.loadAll();
  const fleet = makeFleet(count);
  const wanted = new Set(fleet.map(({ id }) => id));
  const remove = [...instances.keys()].filter((id) => !wanted.has(id));
  for (let start = 0, { version } = meta; start < fleet.length; start += 1000) {
    const write = fleet.slice(start, start + 1000);
    if (!(await cache.applyRefresh({ write, remove: start === 0 ? remove : [] }, version, Date.now()))) {
      throw new Error('The cache was changed by somebody else');
    }
    ({ version } = await cache.meta());
  }
  redis.disconnect();
}
