import Joi from 'joi';
import { days, defineJob, id } from '../define-job.js';

/** Carries out the operations that wait for one CouchDB cluster, in the order of their acceptance. */
export const workOffCluster = defineJob({
  queue: 'couchdb-clusters',
  schema: Joi.object<{ cluster: string }, true>({ cluster: id.required() }),
  jobId: ({ cluster }) => `work-off-cluster-${cluster}`,
  subject: ({ cluster }) => `couchdb:${cluster}`,
  // An operation has an end of its own, by its time; this is for what is left.
  attempts: 1500,
  retentionMs: days(1),
  drains: true,
});
