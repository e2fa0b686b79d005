import type { Producer } from '@quartermaster/jobs';
import type { TaskWakes } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** Tasks looked after in one round. */
const BATCH = 500;

/**
 * Has the jobs of cancelled tasks start that wait for their time: `web` does so at the cancel, and may have died before it, or
 * Redis was away. Otherwise such a cancel would sleep as long as the task wanted to.
 */
export function createWakeCancelledTasks(wakes: TaskWakes, producer: Pick<Producer, 'wake'>): Chore {
  return {
    name: 'wake-cancelled-tasks',
    run: async (guard) => {
      for (const place of await wakes.toWake(BATCH)) {
        guard.assertHeld();
        const isAwake = await producer.wake('run-task', { task: place.task, task_id: place.id });
        if (isAwake) await wakes.woken(place);
      }
    },
  };
}
