import type { PayloadOf, Processor } from '@quartermaster/jobs';
import { describeError } from '@quartermaster/foundation';
import { checkRing, type RingCheckParts } from '../couchdb/check-ring.js';

/** Looks how far the ring of a CouchDB cluster has come. */
export function createCheckRing(parts: RingCheckParts): Processor<PayloadOf<'check-ring'>> {
  return {
    run: ({ owner, tag }, { journal, log }) => checkRing(parts, { owner, tag }, journal.guard, log),
    giveUp: async ({ cluster }, error, { log }) => {
      log.warn('It could not be seen how far the ring of a CouchDB cluster has come; looked at again later', {
        cluster,
        error: describeError(error),
      });
    },
  };
}
