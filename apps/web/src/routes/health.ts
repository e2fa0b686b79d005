import { AppError } from '@quartermaster/foundation';
import type { Redis } from '@quartermaster/stores';
import type { Route } from '../api.js';
import type { DurabilityLook } from '../durability-look.js';

/** `GET /healthz`: this process lives. `GET /readyz`: it can do its work, and what is wrong with its Redis, if anything. */
export function healthRoutes(redis: Redis, findRedisProblems: DurabilityLook): Route[] {
  return [
    {
      method: 'get',
      path: '/healthz',
      access: 'public',
      doc: { summary: 'Whether this process lives', answers: { 200: 'it does, with Redis or without' } },
      handle: () => Promise.resolve({ status: 200, json: { status: 'ok' } }),
    },
    {
      method: 'get',
      path: '/readyz',
      access: 'public',
      doc: {
        summary: 'Whether it can do its work',
        answers: { 200: 'it can; what is wrong with its Redis, if anything' },
      },
      handle: async () => {
        if (redis.status !== 'ready') {
          throw new AppError('unavailable', 'redis-unavailable', 'Redis does not answer.', { retryAfterSeconds: 2 });
        }
        await redis.ping();
        return { status: 200, json: { status: 'ok', warnings: await findRedisProblems() } };
      },
    },
  ];
}
