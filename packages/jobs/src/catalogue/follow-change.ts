import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Asks Route 53 how far one change has spread, again and again, until it is in sync everywhere. */
export const followChange = defineJob({
  queue: 'dns-changes',
  schema: Joi.object<{ zone_id: string; change_id: string }, true>({
    zone_id: id.required(),
    change_id: id.required(),
  }),
  jobId: ({ change_id }) => `follow-change-${change_id}`,
  subject: ({ change_id }) => `dns-change:${change_id}`,
  // A day of Route 53 being away.
  attempts: 1500,
  retentionMs: days(1),
});
