import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Plans the next batch of changes to one hosted zone, while any wait. */
export const drainZone = defineJob({
  queue: 'dns-changes',
  schema: Joi.object<{ zone_id: string }, true>({ zone_id: id.required() }),
  jobId: ({ zone_id }) => `drain-zone-${zone_id}`,
  subject: ({ zone_id }) => `zone:${zone_id}`,
  attempts: 1500,
  retentionMs: days(1),
  drains: true,
});
