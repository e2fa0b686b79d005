import type { ClusterOperation, ClusterQuestion, OperationOutcome } from '@quartermaster/couchdb';
import type { Redis } from './connect.js';
import { ACCEPT, ANSWER, ASK, COUNT, FINISH, HEAD, LAST, LIST_CLUSTERS } from './couchdb-scripts.js';
import type { AcceptedOperation, ClusterBoard, ClusterOperations, ClusterWork, LastOperation } from './couchdb-work.js';
import type { Keys } from './keys.js';
import { openJobArguments, type OpenJob } from './open-jobs.js';
import { runScript } from './script.js';

/** Operations that may wait for one cluster. */
const MOST_WAITING = 100;
/** How long (ms) it is known what came of an operation. */
const OPERATION_MS = 86_400_000;
/** How long (ms) a question is kept, and its answer: somebody waits for it now or not at all, and answers may be large. */
const QUESTION_MS = 120_000;

export function createClusterOperations(redis: Redis, keys: Keys): ClusterOperations & ClusterWork & ClusterBoard {
  const operations = keys.couchdbOperation('');
  const ledger = [keys.openJobs, keys.openJobSpecs];

  const accept = async (
    cluster: string,
    operation: ClusterOperation,
    job: OpenJob,
    now: number,
    onlyIdle: boolean,
  ): Promise<AcceptedOperation> => {
    const { id, kind, owner, tag } = operation;
    const at = [keys.account(owner), keys.accountClusters(owner), keys.couchdbOperation(id)];
    const limits = [MOST_WAITING, onlyIdle ? 1 : 0];
    return (await runScript(
      redis,
      ACCEPT,
      [...at, keys.couchdbWaiting(cluster), ...ledger],
      [id, kind, owner, tag, JSON.stringify(operation), now, ...limits, ...openJobArguments(job, now)],
    )) as AcceptedOperation;
  };

  return {
    accept: (cluster, operation, job, now) => accept(cluster, operation, job, now, false),
    acceptIfIdle: (cluster, operation, job, now) => accept(cluster, operation, job, now, true),
    ask: async (question, job, now) =>
      (await runScript(
        redis,
        ASK,
        [keys.account(question.owner), keys.couchdbOperation(question.id), ...ledger],
        [JSON.stringify(question), now, QUESTION_MS, ...openJobArguments(job, now)],
      )) as Exclude<AcceptedOperation, 'busy'>,
    load: async (id) => {
      const [at, outcome] = await redis.hmget(keys.couchdbOperation(id), 'at', 'outcome');
      if (outcome) return JSON.parse(outcome) as OperationOutcome;
      return at ? { state: 'waiting' } : undefined;
    },
    head: async (cluster) => {
      const found = await runScript(redis, HEAD, [keys.couchdbWaiting(cluster)], [operations]);
      if (found === null) return undefined;
      const [wanted] = found as [string];
      return { operation: JSON.parse(wanted) as ClusterOperation };
    },
    loadLast: async (cluster) => {
      const at = [keys.couchdbWaiting(cluster), keys.couchdbLast(cluster)];
      const found = (await runScript(redis, LAST, at, [operations])) as [string, LastOperation['kind'], string?] | null;
      if (found === null) return undefined;
      const [id, kind, outcome] = found;
      return { id, kind, state: outcome ? (JSON.parse(outcome) as OperationOutcome) : { state: 'waiting' } };
    },
    countWaiting: async (cluster, kind) =>
      Number(await runScript(redis, COUNT, [keys.couchdbWaiting(cluster)], [operations, kind])),
    finish: async (cluster, fence, id, { outcome, stands, counts = false, jobs = [] }, now) => {
      const finished = await runScript(
        redis,
        FINISH,
        [
          keys.journal(`couchdb:${cluster}`),
          keys.couchdbWaiting(cluster),
          keys.couchdbOperation(id),
          ...ledger,
          keys.couchdbLast(cluster),
        ],
        [
          fence,
          id,
          JSON.stringify(outcome),
          OPERATION_MS,
          stands === undefined ? '' : Number(stands),
          keys.accountClusters(''),
          operations,
          counts ? 1 : 0,
          ...jobs.flatMap((job) => openJobArguments(job, now)),
        ],
      );
      return finished === 1;
    },
    loadQuestion: async (id) => {
      const [wanted, at] = await redis.hmget(keys.couchdbOperation(id), 'wanted', 'at');
      return wanted ? { question: JSON.parse(wanted) as ClusterQuestion, asked_at: Number(at) } : undefined;
    },
    answer: async (id, outcome) => {
      await runScript(redis, ANSWER, [keys.couchdbOperation(id)], [JSON.stringify(outcome), QUESTION_MS]);
    },
    listClusters: async () => {
      const args = [keys.accountClusters('')];
      const found = (await runScript(redis, LIST_CLUSTERS, [keys.accounts], args)) as [string, string[]][];
      return found.flatMap(([owner, tags]) => tags.sort().map((tag) => ({ owner, tag })));
    },
  };
}
