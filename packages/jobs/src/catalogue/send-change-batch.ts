import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Sends one batch of changes to Route 53, and records what came of it. */
export const sendChangeBatch = defineJob({
  queue: 'dns-changes',
  schema: Joi.object<{ batch_id: string }, true>({ batch_id: id.required() }),
  jobId: ({ batch_id }) => `dns-batch-${batch_id}`,
  subject: ({ batch_id }) => `dns-batch:${batch_id}`,
  // A day of Route 53 being away.
  attempts: 1500,
  retentionMs: days(7),
});
