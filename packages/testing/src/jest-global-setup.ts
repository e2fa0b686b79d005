// No file ending in the import: Jest loads this file past its own module mapping.
import { startRedis, type RedisServer } from './redis-server';

/** Starts the one Redis that the integration tests share; each test takes a prefix of its own in it. */
export default async function globalSetup(): Promise<void> {
  const server = await startRedis();
  (globalThis as { integrationRedis?: RedisServer }).integrationRedis = server;
  process.env['TEST_REDIS_URL'] = server.url;
}
