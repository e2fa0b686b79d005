import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { durationVariable, type Variables } from '@quartermaster/foundation';
import Joi from 'joi';

/** Variables of tasks that `web` and `worker` read, and that must be the same for both. */
export const taskVariables = {
  TASKS_DIR: Joi.any()
    .custom((value: unknown) => {
      const folder = resolve(String(value));
      if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw new Error('no folder');
      return folder;
    })
    .messages({ 'any.custom': '{{#label}} must be a folder that exists' })
    .description('a folder of your own tasks, each a folder in it; the same for web and worker'),
  TASK_RETENTION: durationVariable('30d', 60_000).description('how long a task is kept after it ended'),
} satisfies Variables;

export interface TaskConfig {
  /** Absolute. */
  TASKS_DIR?: string;
  TASK_RETENTION: number;
}
