import Joi from 'joi';
import { defineJob, id } from '../define-job.js';

/** Looks how far the ring of a CouchDB cluster has come. Asked for again and again, so that no single one matters. */
export const checkRing = defineJob({
  queue: 'couchdb-clusters',
  schema: Joi.object<{ cluster: string; owner: string; tag: string }, true>({
    cluster: id.required(),
    owner: id.required(),
    tag: id.required(),
  }),
  jobId: ({ cluster }) => `check-ring-${cluster}`,
  subject: ({ cluster }) => `couchdb-ring:${cluster}`,
  attempts: 2,
  retentionMs: 60_000,
  drains: true,
  isRoutine: true,
});
