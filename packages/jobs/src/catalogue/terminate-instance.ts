import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Terminates one instance and takes it off the cache. */
export const terminateInstance = defineJob({
  queue: 'instance-terminations',
  schema: Joi.object<{ termination_id: string; instance_id: string }, true>({
    termination_id: id.required(),
    instance_id: id.required(),
  }),
  jobId: ({ termination_id }) => `terminate-${termination_id}`,
  subject: ({ termination_id }) => `termination:${termination_id}`,
  // A day of EC2 being away.
  attempts: 1500,
  retentionMs: days(7),
});
