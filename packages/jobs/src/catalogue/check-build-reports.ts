import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Once, when the time for reports is over: names the instances of a build that have not reported. */
export const checkBuildReports = defineJob({
  queue: 'instance-builds',
  schema: Joi.object<{ build_id: string }, true>({ build_id: id.required() }),
  jobId: ({ build_id }) => `check-reports-${build_id}`,
  subject: ({ build_id }) => `check-reports:${build_id}`,
  attempts: 12,
  retentionMs: days(30),
});
