/**
 * Everything kept in Redis besides the queues, one file a subject; `keys.ts` alone knows the names of keys.
 * What must change together changes in one Lua script, the job that follows from it included (`open-jobs.ts`).
 */
export * from './account.js';
export * from './accounts.js';
export * from './build.js';
export * from './builds.js';
export * from './connect.js';
export * from './couchdb-operations.js';
export * from './couchdb-work.js';
export * from './dns-record.js';
export { createDnsRecords, type DnsRecords } from './dns-records.js';
export * from './dns-zones.js';
export * from './heartbeat.js';
export * from './idempotency.js';
export * from './image-cache.js';
export * from './init-scripts.js';
export * from './instance-cache.js';
export * from './keys.js';
export * from './open-jobs.js';
export * from './processes.js';
export * from './protected-instances.js';
export * from './redis-settings.js';
export * from './request-slots.js';
export * from './ring-board.js';
export { defineScript, execute, runScript, type Script } from './script.js';
export * from './stack-cache.js';
export * from './task-logs.js';
export * from './status-update.js';
export * from './status-updates.js';
export * from './task-record.js';
export * from './task-wakes.js';
export * from './tasks.js';
export * from './terminations.js';
export * from './zone-cache.js';
export * from './tickets.js';
