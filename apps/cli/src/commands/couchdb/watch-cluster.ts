import { ApiFailure, mayBeDone } from '../../api/api-failure.js';
import type { ApiAnswer } from '../../api/api.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure } from '../../failures.js';
import { follow, isPassing, type WatchOptions } from '../../watch/follow.js';
import { adviceOnEnd, adviseOnCluster, askCouchdb, watchWords, type Cluster, type KantoBody } from './couchdb-api.js';
import { accept, endOf, lookFirst, progressOf, seeAgain, type End, type Goal, type Sight } from './goal.js';

type ClusterAnswer = ApiAnswer<KantoBody<Cluster>>;

/** What the request for the change itself has come to. */
type Outcome = { readonly answer: ClusterAnswer } | { readonly error: unknown };

interface Look {
  readonly sight: Sight;
  /** Set when the request has told the end, and no more is to be seen. */
  readonly outcome?: Outcome;
  /** Why the answer to the request was lost, where it may have been accepted all the same. */
  readonly loss?: Failure;
  /** Of the last answer of `detail`. */
  readonly body?: KantoBody<Cluster>;
  /** Judged when it was looked. */
  readonly end?: End;
}

export interface Watched {
  readonly tag: string;
  readonly goal: Goal;
  /** The request for the change, under way; missing where somebody else has asked for it. */
  readonly request?: Promise<ClusterAnswer>;
  readonly options: WatchOptions;
}

/** How long (ms) a look may take before something is shown all the same. */
const SHOW_AFTER_MS = 1000;
/** How long (ms) the request has to fail, too, when the cluster can not be looked at. */
const GRACE_MS = 300;

/**
 * Follows a cluster until it is what it is to be. While the request for the change is held, its answer decides, as it knows
 * why something failed; after that (25 s), and where the answer was lost, only the cluster itself can tell.
 * @throws Failure where it failed, and all that `follow` says.
 */
export async function watchCluster(context: Context, watched: Watched): Promise<KantoBody<Cluster> | undefined> {
  const { tag, goal, options } = watched;
  const again = `couchdb detail ${tag} ${watchWords(goal.kind)}`;
  const { state } = await follow<Look>(
    context,
    {
      what: `cluster ${tag}`,
      again,
      load: createLook(context, watched),
      progressOf: ({ sight, outcome }) => {
        const state = progressOf(goal, sight, tag);
        if (outcome === undefined) return state;
        return 'answer' in outcome ? { ...state, done: state.total } : { ...state, text: `${tag}: failed` };
      },
      endOf: ({ outcome, end }) => {
        if (outcome !== undefined) return 'answer' in outcome ? 'done' : 'failed';
        return end?.is;
      },
      linesOf: ({ loss }, former) =>
        loss === undefined || former?.loss !== undefined
          ? []
          : [`${loss.message} The request may have been accepted: the cluster will show it.`],
    },
    options,
  );
  const { outcome, end, body, sight } = state;
  if (outcome !== undefined && 'error' in outcome) throw adviseOnCluster(outcome.error, tag);
  if (outcome !== undefined) return outcome.answer.body;
  if (end?.is === 'failed') {
    const stands = `How it stands: \`${PROGRAM} couchdb detail ${tag}\``;
    const doubt = sight.isDoubted ? `${stands}. Where nothing has come of it, ask for it again.` : undefined;
    const told = end.isTold ? (adviceOnEnd(end.code ?? '', tag) ?? stands) : undefined;
    const next = told ?? doubt ?? `Slack and the worker’s log have the reason. ${stands}`;
    throw new Failure(EXIT.failed, `Cluster ${tag}: ${end.why}`, { next });
  }
  return body;
}

/** A look at the request and at the cluster; an answer of `detail` that takes long is waited for over several looks. */
function createLook(context: Context, { tag, goal, request }: Watched): () => Promise<Look> {
  let outcome: Outcome | undefined;
  const told = request?.then(
    (answer) => void (outcome = { answer }),
    (error: unknown) => void (outcome = { error }),
  );
  let sight = lookFirst(request === undefined, context.now());
  let body: KantoBody<Cluster> | undefined;
  let question: Promise<Seen> | undefined;

  return async () => {
    const ended = endedBy(outcome);
    if (ended !== undefined) return { sight, outcome: ended };
    question ??= ask(context, goal, sight, tag);
    const seen = await Promise.race([
      question,
      context.sleep(SHOW_AFTER_MS).then(() => 'late' as const),
      ...(told === undefined || outcome !== undefined ? [] : [told.then(() => 'late' as const)]),
    ]).catch(async (error: unknown) => {
      question = undefined;
      // What is wrong with one connection mostly is with both: then the request’s own error counts.
      await Promise.race([told ?? Promise.resolve(), context.sleep(GRACE_MS)]);
      const isHeld = told !== undefined && outcome === undefined;
      if (endedBy(outcome) !== undefined || (isHeld && isPassing(error))) return 'late' as const;
      // Of the two the loss tells that the request may have been accepted.
      throw (isPassing(error) && lossOf(outcome)) || error;
    });
    context.signal.throwIfAborted();
    const endedMeanwhile = endedBy(outcome);
    if (endedMeanwhile !== undefined) return { sight, outcome: endedMeanwhile };
    const loss = lossOf(outcome);
    if (outcome !== undefined && !sight.isAccepted) sight = accept(sight, operationOf(outcome), context.now());
    if (seen !== 'late') question = undefined;
    if (seen !== 'late' && seen !== 'untold') {
      body = 'absence' in seen ? undefined : seen;
      sight = seeAgain(goal, sight, body?.result, context.now(), 'absence' in seen ? seen.absence : undefined);
    }
    const end = endOf(goal, sight, context.now());
    return { sight, ...(body && { body }), ...(end && { end }), ...(loss && { loss }) };
  };
}

/** 202: it goes on, and the request says no more; nor does one whose answer was lost. */
function endedBy(outcome: Outcome | undefined): Outcome | undefined {
  if (outcome === undefined || lossOf(outcome) !== undefined) return undefined;
  return 'answer' in outcome && outcome.answer.status === 202 ? undefined : outcome;
}

function lossOf(outcome: Outcome | undefined): Failure | undefined {
  if (outcome === undefined || 'answer' in outcome) return undefined;
  const { error } = outcome;
  return mayBeDone(error) ? error : undefined;
}

function operationOf(outcome: Outcome): { readonly operation?: string | undefined } | 'lost' {
  return 'answer' in outcome ? { operation: outcome.answer.body.result?.Operation } : 'lost';
}

/** The answer of `detail`, or its words where there is no such cluster. `untold`: the server could not say. `late`: no answer yet. */
type Seen = KantoBody<Cluster> | { readonly absence: string } | 'untold' | 'late';

async function ask(context: Context, goal: Goal, sight: Sight, tag: string): Promise<Seen> {
  try {
    return await askCouchdb<Cluster>(context, 'detail', { cluster_tag: tag });
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    const isExpected = goal.kind !== 'settle' || sight.first !== undefined;
    if (error.code === 'unknown-cluster' && isExpected) return { absence: error.message };
    // While a creation waits for its turn, the server keeps the question and then says so.
    if (error.code === 'clusters-not-read' && goal.kind === 'create' && sight.first === undefined) return 'untold';
    throw error.status === 503 ? error : adviseOnCluster(error, tag);
  }
}
