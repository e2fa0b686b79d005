import Joi from 'joi';

/** The queues of the house. A queue is what `WORKER_QUEUES` chooses and what operators see. */
export const QUEUES = [
  'instance-builds',
  'instance-terminations',
  'tasks',
  'dns-changes',
  'status-updates',
  'couchdb-clusters',
  'notifications',
] as const;
export type QueueName = (typeof QUEUES)[number];

/** A named, validated request for work. Producer and processor share nothing but this. */
export interface JobDefinition<Payload extends object> {
  readonly queue: QueueName;
  /** Of the payload: ids and plain words, never a secret. A consumer drops fields that it does not know. */
  readonly schema: Joi.ObjectSchema<Payload>;
  /** The job's id: the same work has the same id. No colon. */
  readonly jobId: (payload: Payload) => string;
  /** `<kind>:<id>` of what the work is done on: one process at a time, one journal. */
  readonly subject: (payload: Payload) => string;
  /** How often it may fail with `unavailable` before it is given up. */
  readonly attempts: number;
  /** How long (ms) its journal is kept: as long as the same work might come again. */
  readonly retentionMs: number;
  /**
   * It works off whatever waits for its subject: asked for while it waits it is the same job, asked for while it runs it
   * runs once more, so no wake-up is lost. Its queue gives it an id of its own; `jobId` names it in the ledger.
   */
  readonly drains?: true;
  /** It is done again and again by itself: that it was is told at debug only. */
  readonly isRoutine?: true;
}

/** A consumer drops fields that it does not know: a newer process may run beside it. */
export function defineJob<Payload extends object>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  // Given once: joi would compile it at every validation.
  return { ...definition, schema: definition.schema.prefs({ stripUnknown: true }) };
}

export const id = Joi.string().pattern(/^[A-Za-z0-9._-]{1,200}$/);
const DAY_MS = 86_400_000;
export const days = (count: number): number => count * DAY_MS;
