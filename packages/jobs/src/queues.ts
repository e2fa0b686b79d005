import { Queue } from 'bullmq';
import { describeError, type Logger } from '@quartermaster/foundation';
import type { Keys, Redis } from '@quartermaster/stores';
import { QUEUES, type QueueName } from './define-job.js';

/** Every queue, over a connection that its owner closes: opening them makes none, and asks Redis for nothing. */
export function createQueues(redis: Redis, keys: Keys, log: Logger): ReadonlyMap<QueueName, Queue> {
  return new Map(
    QUEUES.map((name) => {
      // Both skips are needed for a producer that starts while Redis is down and recovers by itself.
      const settings = { connection: redis, prefix: keys.queues, skipWaitingForReady: true, skipVersionCheck: true };
      const queue = new Queue(name, settings);
      queue.on('error', (error) => log.debug('A queue reports an error', { queue: name, error: describeError(error) }));
      return [name, queue];
    }),
  );
}
