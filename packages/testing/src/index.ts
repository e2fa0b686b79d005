/** What tests share: a real Redis and etcd, a played HTTP service, waiting for a condition. Never part of the product. */
export * from './eventually.js';
export * from './undisturbed.js';
export * from './etcd-server.js';
export * from './http-server.js';
export * from './redis-server.js';
export * from './test-redis.js';
export * from './tcp-proxy.js';
