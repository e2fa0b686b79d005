import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Carries out the changes that wait for one hosted zone, batch by batch, until none does. */
export const drainZone = defineJob({
  queue: 'dns-changes',
  schema: Joi.object<{ zone_id: string }, true>({ zone_id: id.required() }),
  jobId: ({ zone_id }) => `drain-zone-${zone_id}`,
  subject: ({ zone_id }) => `zone:${zone_id}`,
  // Route 53's failures are counted with the zone, by their time; this is for what is left.
  attempts: 1500,
  retentionMs: days(1),
  drains: true,
});
