import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Says one thing to one channel. The same event id is said once, but for a crash between saying and noting it. */
export const sendNotification = defineJob({
  queue: 'notifications',
  schema: Joi.object<{ event_id: string; channel: string; text: string }, true>({
    event_id: id.required(),
    channel: Joi.string().required(),
    text: Joi.string().required(),
  }),
  jobId: ({ event_id }) => `notification-${event_id}`,
  subject: ({ event_id }) => `notification:${event_id}`,
  // A day of Slack being away.
  attempts: 1500,
  retentionMs: days(7),
});
