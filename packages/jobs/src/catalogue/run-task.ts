import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Runs one task, from where it stands to its end, and brings back what a cancelled or failed one left in the middle. */
export const runTask = defineJob({
  queue: 'tasks',
  schema: Joi.object<{ task: string; task_id: string }, true>({
    /** Name of the kind of task, never an alias. */
    task: id.required(),
    task_id: id.required(),
  }),
  jobId: ({ task_id }) => `task-${task_id}`,
  subject: ({ task_id }) => `task:${task_id}`,
  // A day of AWS being away.
  attempts: 1500,
  // Counted anew at every run, of which a task that waits has one after another; before the first, there is no journal. So
  // this is how long all workers may be away in the middle of a task and none of its steps is done twice.
  retentionMs: days(90),
});
