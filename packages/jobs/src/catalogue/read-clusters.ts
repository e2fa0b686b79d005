import Joi from 'joi';
import { defineJob, id } from '../define-job.js';

/** Answers a question about an account's CouchDB clusters, for somebody who waits for it. */
export const readClusters = defineJob({
  queue: 'couchdb-clusters',
  schema: Joi.object<{ question_id: string }, true>({ question_id: id.required() }),
  jobId: ({ question_id }) => `read-clusters-${question_id}`,
  subject: ({ question_id }) => `couchdb-question:${question_id}`,
  attempts: 20,
  // Somebody waits for it now or not at all.
  retentionMs: 600_000,
});
