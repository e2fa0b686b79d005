/**
 * Work and how it is carried out: the catalogue of jobs, the producer that enqueues them, the workers that take them
 * from the queues, and the journal through which every effect on the outside goes. See this package's README.
 */
export * from './catalogue/index.js';
export { QUEUES, type JobDefinition, type QueueName } from './define-job.js';
export * from './journal.js';
export * from './lease.js';
export * from './producer.js';
export * from './queues.js';
export * from './retry.js';
export type { JobContext, Processor, TryOutcome } from './run-job.js';
export * from './workers.js';
