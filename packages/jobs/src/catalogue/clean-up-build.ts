import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Ends what a failed build left running, and removes a build's security group once nothing uses it any more. */
export const cleanUpBuild = defineJob({
  queue: 'instance-terminations',
  schema: Joi.object<{ build_id: string; cause: string }, true>({
    build_id: id.required(),
    /** What made it necessary (the build itself, or a termination): one clean-up each. */
    cause: id.required(),
  }),
  jobId: ({ cause }) => `clean-up-${cause}`,
  subject: ({ cause }) => `clean-up:${cause}`,
  attempts: 60,
  retentionMs: days(7),
});
