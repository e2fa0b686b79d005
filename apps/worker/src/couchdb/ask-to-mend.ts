import type { StandingCluster } from '@quartermaster/couchdb';
import { describeError, type Logger } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import type { ClusterBoard } from '@quartermaster/stores';

export interface MendParts {
  readonly work: Pick<ClusterBoard, 'acceptIfIdle'>;
  readonly producer: Pick<Producer, 'describe' | 'dispatch'>;
  readonly now: () => number;
}

const MINUTE_MS = 60_000;

/** Has a ring with gaps drawn anew, once in so many minutes, where nothing else waits for its cluster. Throws nothing. */
export async function askToMend(
  { work, producer, now }: MendParts,
  { name, owner, tag }: StandingCluster,
  log: Logger,
  everyMinutes = 1,
): Promise<void> {
  try {
    const job = producer.describe('work-off-cluster', { cluster: name });
    // Its minute, or that in which its period began: what was asked for then is the same.
    const id = `mend-${name}-${Math.floor(now() / MINUTE_MS / everyMinutes) * everyMinutes}`;
    if ((await work.acceptIfIdle(name, { kind: 'mend', id, owner, tag }, job, now())) !== 'accepted') return;
    log.warn('The ring of a CouchDB cluster has gaps; it is drawn anew', { cluster: name, operation_id: id });
    await producer.dispatch(job);
  } catch (error) {
    log.warn('The ring of a CouchDB cluster has gaps, and nobody could be told', { error: describeError(error) });
  }
}
