import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Asks Route 53 how far one change has spread, again and again, until it is in sync everywhere. */
export const followChange = defineJob({
  queue: 'dns-changes',
  schema: Joi.object<{ batch_id: string }, true>({ batch_id: id.required() }),
  jobId: ({ batch_id }) => `dns-follow-${batch_id}`,
  subject: ({ batch_id }) => `dns-follow:${batch_id}`,
  attempts: 1500,
  retentionMs: days(7),
});
