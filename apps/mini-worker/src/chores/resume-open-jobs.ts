import type { Logger } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import type { OpenJobs } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** Jobs looked after in one round. */
const BATCH = 500;

/** Puts work back into its queue that was accepted and is not done, and that its queue does not have (any more). */
export function createResumeOpenJobs(openJobs: OpenJobs, producer: Producer, log: Logger): Chore {
  return {
    name: 'resume-open-jobs',
    run: async (guard) => {
      for (const job of await openJobs.due(Date.now(), BATCH)) {
        guard.assertHeld();
        if (await producer.revive(job))
          log.warn('A job was lost from its queue; put back', { job: job.name, job_id: job.id });
        await openJobs.postpone(job.id, Date.now());
      }
    },
  };
}
