/** What tests share: a real Redis, waiting for a condition. Never part of the product. */
export * from './eventually.js';
export * from './redis-server.js';
export * from './test-redis.js';
export * from './tcp-proxy.js';
