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
import { RetryLater } from '@quartermaster/jobs';
import type { ClusterWork } from '@quartermaster/stores';
import { unknownCluster } from './operation-site.js';

export interface QuestionParts {
  readonly host: Pick<ClusterHost, 'find' | 'list' | 'loadAdmin'>;
  readonly couch: CouchPort;
  readonly work: Pick<ClusterWork, 'countWaiting' | 'loadQuestion' | 'answer'>;
  readonly now: () => number;
}

/** Nobody waits so long (ms) for an answer. */
const ASKED_MS = 60_000;
/** A cluster that is about to be made is looked for again after so long (ms). */
const SOON_MS = 250;
/** How long (ms) one node may take to say how its replications stand, and how many are asked at once. */
const NODE_MS = 3_000;
const AT_ONCE = 10;

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

/** Asks the nodes how their replications stand; those of one that says nothing are `unknown`. */
function createShow({ host, couch }: QuestionParts, guard: EffectGuard, log: Logger): Show {
  const limit = createLimit(AT_ONCE);
  return async (cluster) => {
    const asked = cluster.nodes.filter(({ ready, name }) => ready && cluster.ring.some((node) => node.name === name));
    const standing = new Map<string, readonly Replication[]>();
    const ask = async (name: string, address: string): Promise<void> => {
      const signal = AbortSignal.any([guard.signal, AbortSignal.timeout(NODE_MS)]);
      const admin = await host.loadAdmin(cluster, guard);
      const own: EffectGuard = { signal, assertHeld: () => (signal.throwIfAborted(), guard.assertHeld()) };
      standing.set(name, await couch.node(address, admin).listReplications(own));
    };
    await Promise.all(
      asked.map(({ name, address = '' }) =>
        limit(() => ask(name, address)).catch((error: unknown) => {
          guard.assertHeld();
          log.debug('A CouchDB node does not say how it replicates', { node: name, error: describeError(error) });
        }),
      ),
    );
    return showCluster(cluster, standing);
  };
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
