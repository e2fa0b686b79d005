import {
  clusterName,
  hasGaps,
  showCluster,
  type ClusterHost,
  type ClusterQuestion,
  type OperationOutcome,
  type ShownCluster,
  type StandingCluster,
} from '@quartermaster/couchdb';
import { AppError, toErrorRecord, type EffectGuard, type Logger } from '@quartermaster/foundation';
import { RetryLater } from '@quartermaster/jobs';
import type { ClusterWork, LastOperation } from '@quartermaster/stores';
import { askToMend, type MendParts } from './ask-to-mend.js';
import { unknownCluster } from './operation-site.js';
import { createSeeRing, type RingParts } from './see-ring.js';

export interface QuestionParts extends RingParts, MendParts {
  readonly host: Pick<ClusterHost, 'find' | 'list' | 'loadAdmin'>;
  readonly work: Pick<ClusterWork, 'countWaiting' | 'loadLast' | 'loadQuestion' | 'answer'> & MendParts['work'];
}

/** Nobody waits so long (ms) for an answer. */
const ASKED_MS = 60_000;
/** A cluster that is about to be made is looked for again after so long (ms). */
const SOON_MS = 250;

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
    const name = clusterName(key);
    // Before the cluster: what has ended by then is seen in it.
    const last = await work.loadLast(name);
    const cluster = await host.find(key, guard);
    if (cluster !== undefined) {
      const shown = await show(cluster);
      const result = last === undefined ? shown : { ...shown, LastOperation: showLast(last) };
      return { state: 'done', message: `CouchDB cluster ${tag}`, result };
    }
    if ((await work.countWaiting(name, 'create')) > 0) return undefined;
    return { state: 'failed', error: toErrorRecord(notThere(tag, await work.loadLast(name))) };
  } catch (error) {
    // What passes is worth another try; what Kubernetes refuses, the caller may hear.
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    return { state: 'failed', error: toErrorRecord(error) };
  }
}

/** What is broken is to be mended. */
function createShow(parts: QuestionParts, guard: EffectGuard, log: Logger): Show {
  const seeRing = createSeeRing(parts, guard, log);
  return async (cluster) => {
    const ways = await seeRing(cluster);
    if (hasGaps(ways) && !cluster.deleting) await askToMend(parts, cluster, log);
    return showCluster(cluster, ways);
  };
}

function showLast({ id, kind, state }: LastOperation): NonNullable<ShownCluster['LastOperation']> {
  const last = { Id: id, Kind: kind, State: state.state };
  if (state.state === 'waiting') return last;
  if (state.state === 'done') return { ...last, Message: state.message };
  return { ...last, Message: state.error.message, Code: state.error.code };
}

/** Who asks for a cluster that could not be made hears why. */
function notThere(tag: string, last: LastOperation | undefined): AppError {
  const gone = unknownCluster(tag);
  if (last?.kind !== 'create' || last.state.state !== 'failed') return gone;
  return new AppError(gone.kind, gone.code, `${gone.message} It could not be made: ${last.state.error.message}`);
}
