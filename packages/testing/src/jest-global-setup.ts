import { startRedis, type RedisServer } from './redis-server.js';

/** Starts the one Redis that the integration tests share; each test takes a prefix of its own in it. */
export default async function globalSetup(): Promise<void> {
  const server = await startRedis();
  (globalThis as { integrationRedis?: RedisServer }).integrationRedis = server;
  process.env['TEST_REDIS_URL'] = server.url;
}
