import Joi from 'joi';
import { days, defineJob } from '../define-job.js';

/** Forwards the status updates of one service that wait, oldest first. */
export const forwardStatus = defineJob({
  queue: 'status-updates',
  schema: Joi.object<{ service: string }, true>({ service: Joi.string().max(200).required() }),
  // A service's name may hold what a job's id must not.
  jobId: ({ service }) => `forward-status-${Buffer.from(service).toString('base64url')}`,
  subject: ({ service }) => `status:${service}`,
  attempts: 1500,
  retentionMs: days(1),
  drains: true,
});
