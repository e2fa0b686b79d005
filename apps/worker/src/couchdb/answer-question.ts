import {
  clusterName,
  showCluster,
  type ClusterHost,
  type ClusterQuestion,
  type CouchPort,
  type OperationOutcome,
  type Replication,
  type ShownCluster,
  type StandingCluster,
} from '@quartermaster/couchdb';
import { AppError, describeError, toErrorRecord, type EffectGuard, type Logger } from '@quartermaster/foundation';
import { RetryLater, type Producer } from '@quartermaster/jobs';
import type { ClusterBoard, ClusterWork } from '@quartermaster/stores';
import { unknownCluster } from './operation-site.js';

export interface QuestionParts {
  readonly host: Pick<ClusterHost, 'find' | 'list' | 'loadAdmin'>;
  readonly couch: CouchPort;
  readonly work: Pick<ClusterWork, 'countWaiting' | 'loadQuestion' | 'answer'> & Pick<ClusterBoard, 'acceptIfIdle'>;
  readonly producer: Pick<Producer, 'describe' | 'dispatch'>;
  readonly now: () => number;
}

/** Nobody waits so long (ms) for an answer. */
const ASKED_MS = 60_000;
/** A cluster that is about to be made is looked for again after so long (ms). */
const SOON_MS = 250;
/** How long (ms) one node may take to say how its replications stand, and how many are asked at once. */
const NODE_MS = 3_000;
const AT_ONCE = 10;
const MEND_EVERY_MS = 60_000;

type Show = (cluster: StandingCluster) => Promise<ShownCluster>;

/** What is asked, as it stands now; a question that nobody waits for any more is left alone. Throws `RetryLater`. */
export async function answerQuestion(parts: QuestionParts, id: string, guard: EffectGuard, log: Logger): Promise<void> {
  const { work, now } = parts;
  const asked = await work.loadQuestion(id);
  if (asked === undefined || now() - asked.asked_at > ASKED_MS) return;
  const outcome = await answer(parts, asked.question, guard, createShow(parts, guard, log));
  if (outcome === undefined) throw new RetryLater(SOON_MS);
  await work.answer(id, outcome);
}

async function answer(
  { host, work }: QuestionParts,
  { owner, tag }: ClusterQuestion,
  guard: EffectGuard,
  show: Show,
): Promise<OperationOutcome | undefined> {
  try {
    if (tag === undefined) {
      const result = await Promise.all((await host.list(owner, guard)).map(show));
      const count = result.length === 1 ? '1 CouchDB cluster' : `${result.length} CouchDB clusters`;
      return { state: 'done', message: `${owner} has ${count}`, result };
    }
    const key = { owner, tag };
    const cluster = await host.find(key, guard);
    if (cluster !== undefined) {
      return { state: 'done', message: `CouchDB cluster ${tag}`, result: await show(cluster) };
    }
    if ((await work.countWaiting(clusterName(key), 'create')) > 0) return undefined;
    return { state: 'failed', error: toErrorRecord(unknownCluster(tag)) };
  } catch (error) {
    // What passes is worth another try; what Kubernetes refuses, the caller may hear.
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    return { state: 'failed', error: toErrorRecord(error) };
  }
}

/** Asks the nodes how their replications stand; those of one that says nothing are `unknown`. What is broken is to be mended. */
function createShow(parts: QuestionParts, guard: EffectGuard, log: Logger): Show {
  const { host, couch } = parts;
  const limit = createLimit(AT_ONCE);
  return async (cluster) => {
    const asked = cluster.nodes.filter(({ ready, name }) => ready && cluster.ring.some((node) => node.name === name));
    const standing = new Map<string, readonly Replication[]>();
    let admin: ReturnType<ClusterHost['loadAdmin']> | undefined;
    const ask = async (name: string, address: string): Promise<void> => {
      const signal = AbortSignal.any([guard.signal, AbortSignal.timeout(NODE_MS)]);
      const own: EffectGuard = { signal, assertHeld: () => (signal.throwIfAborted(), guard.assertHeld()) };
      standing.set(
        name,
        await couch.node(address, await (admin ??= host.loadAdmin(cluster, guard))).listReplications(own),
      );
    };
    await Promise.all(
      asked.map(({ name, address = '' }) =>
        limit(() => ask(name, address)).catch((error: unknown) => {
          guard.assertHeld();
          log.debug('A CouchDB node does not say how it replicates', { node: name, error: describeError(error) });
        }),
      ),
    );
    const shown = showCluster(cluster, standing);
    const isBroken = shown.Replications?.some(({ State }) => State === 'missing' || State === 'failed') === true;
    if (isBroken && !cluster.deleting) await askToMend(parts, cluster, log);
    return shown;
  };
}

/** Who looks has the ring drawn anew, once a minute at the most, where nothing else waits for the cluster. */
async function askToMend(
  { work, producer, now }: QuestionParts,
  { name, owner, tag }: StandingCluster,
  log: Logger,
): Promise<void> {
  try {
    const job = producer.describe('work-off-cluster', { cluster: name });
    const id = `mend-${name}-${Math.floor(now() / MEND_EVERY_MS)}`;
    if ((await work.acceptIfIdle(name, { kind: 'mend', id, owner, tag }, job, now())) !== 'accepted') return;
    log.warn('The ring of a CouchDB cluster has gaps; it is drawn anew', { cluster: name, operation_id: id });
    await producer.dispatch(job);
  } catch (error) {
    log.warn('The ring of a CouchDB cluster has gaps, and nobody could be told', { error: describeError(error) });
  }
}

/** Lets so many run at once; the others wait for their turn. */
function createLimit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
