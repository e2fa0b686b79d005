import { trimTasks, type Keys, type Redis } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** Takes out the tasks that are not kept any more, also where nobody asks for tasks. */
export function createTrimTasks(redis: Redis, keys: Keys): Chore {
  return {
    name: 'trim-tasks',
    run: async (guard) => {
      guard.assertHeld();
      await trimTasks(redis, keys, Date.now());
    },
  };
}
