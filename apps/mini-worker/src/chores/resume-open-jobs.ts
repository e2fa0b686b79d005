import { describeError, type Logger } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import { asRedisFailure, type OpenJob, type OpenJobs } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** Jobs looked after in one round. */
const BATCH = 500;

export interface ResumeOptions {
  readonly openJobs: OpenJobs;
  readonly producer: Pick<Producer, 'revive'>;
  readonly log: Logger;
  readonly now: () => number;
}

/** Puts work back into its queue that was accepted and is not done, and that its queue does not have (any more). */
export function createResumeOpenJobs({ openJobs, producer, log, now }: ResumeOptions): Chore {
  const resume = async (job: OpenJob): Promise<void> => {
    const fields = { job: job.name, job_id: job.id };
    try {
      if (await producer.revive(job)) log.warn('A job was lost from its queue; put back', fields);
    } catch (error) {
      if (asRedisFailure(error) !== undefined) throw error;
      // One job that can not be put back must not keep those behind it.
      log.error('A job could not be put back into its queue', { ...fields, error: describeError(error) });
    }
  };

  return {
    name: 'resume-open-jobs',
    run: async (guard) => {
      for (const job of await openJobs.due(now(), BATCH)) {
        guard.assertHeld();
        await resume(job);
        await openJobs.postpone(job.id, now());
      }
    },
  };
}
