import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, runScript } from './script.js';

export interface TaskPlace {
  readonly task: string;
  readonly id: string;
}

/**
 * Cancelled tasks whose job may wait for its time still. A cancel adds its task in the script that cancels it, and the settling
 * takes it out: whoever died between the cancel and the waking of the job, somebody else can make up for it.
 */
export interface TaskWakes {
  /** Some of them, others each time. */
  toWake(limit: number): Promise<TaskPlace[]>;
  /** Its job does not wait any more: taken out where the task is settled or not kept; one that is not may wait again. */
  woken(place: TaskPlace): Promise<void>;
}

/** KEYS record, wakes. ARGV member. */
const WOKEN = defineScript(`
if redis.call('HGET', KEYS[1], 'settled') == '0' then return 0 end
return redis.call('SREM', KEYS[2], ARGV[1])
`);

export function createTaskWakes(redis: Redis, keys: Keys): TaskWakes {
  return {
    toWake: async (limit) => {
      const members = await redis.srandmember(keys.tasksToWake, limit);
      return members.map((member) => {
        const colon = member.indexOf(':');
        return { task: member.slice(0, colon), id: member.slice(colon + 1) };
      });
    },
    woken: async ({ task, id }) =>
      void (await runScript(redis, WOKEN, [keys.task(task, id), keys.tasksToWake], [`${task}:${id}`])),
  };
}
