import { toErrorRecord } from '@quartermaster/foundation';
import { RetryLater, type PayloadOf, type Processor } from '@quartermaster/jobs';
import { createClusterWorker, type ClusterWorkParts } from '../couchdb/work-off-cluster.js';
import { createPatience } from '../couchdb/patience.js';

/** So many operations on one cluster in a row; then another one has its turn. */
const TURN = 20;

/** Carries out what waits for a CouchDB cluster, one operation after the other: the next one only when the former is done with. */
export function createWorkOffCluster(parts: ClusterWorkParts): Processor<PayloadOf<'work-off-cluster'>> {
  const patience = createPatience(parts.now);
  return {
    run: async ({ cluster }, context) => {
      const worker = createClusterWorker(parts, patience, cluster, context);
      for (let count = 0; count < TURN; count += 1) if (!(await worker.step())) return;
      throw new RetryLater(1);
    },
    giveUp: ({ cluster }, error, context) =>
      createClusterWorker(parts, patience, cluster, context).abandonHead(toErrorRecord(error)),
  };
}
