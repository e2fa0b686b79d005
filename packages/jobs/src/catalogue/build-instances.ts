import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Carries out an instance build from its record to RunInstances' answer. */
export const buildInstances = defineJob({
  queue: 'instance-builds',
  schema: Joi.object<{ build_id: string }, true>({ build_id: id.required() }),
  jobId: ({ build_id }) => `build-${build_id}`,
  subject: ({ build_id }) => `build:${build_id}`,
  attempts: 12,
  retentionMs: days(30),
});
