import { ApiFailure } from '../../api/api-failure.js';
import type { ApiAnswer } from '../../api/api.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure } from '../../failures.js';
import { follow, type WatchOptions } from '../../watch/follow.js';
import {
  accountWords,
  adviseOnCluster,
  askCouchdb,
  type AccountOptions,
  type Cluster,
  type KantoBody,
} from './couchdb-api.js';
import { endOf, lookFirst, progressOf, seeAgain, type End, type Goal, type Sight } from './goal.js';

type ClusterAnswer = ApiAnswer<KantoBody<Cluster>>;

/** What the request for the change itself has come to. */
type Outcome = { readonly answer: ClusterAnswer } | { readonly error: unknown };

interface Look {
  readonly sight: Sight;
  /** Set when the request has told the end, and no more is to be seen. */
  readonly outcome?: Outcome;
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
  readonly options: WatchOptions & AccountOptions;
}

/** How long (ms) a look may take before something is shown all the same. */
const SHOW_AFTER_MS = 1000;
/** How long (ms) the request has to fail, too, when the cluster can not be looked at. */
const GRACE_MS = 300;

/**
 * Follows a cluster until it is what it is to be. While the request for the change is held, its answer decides, as it knows
 * why something failed; after that (25 s) only the cluster itself can tell.
 * @throws Failure where it failed, and all that `follow` says.
 */
export async function watchCluster(context: Context, watched: Watched): Promise<KantoBody<Cluster> | undefined> {
  const { tag, goal, options } = watched;
  const again = `couchdb detail ${tag} --watch${accountWords(options)}`;
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
    },
    options,
  );
  const { outcome, end, body } = state;
  if (outcome !== undefined && 'error' in outcome) throw adviseOnCluster(outcome.error, tag, options);
  if (outcome !== undefined) return outcome.answer.body;
  if (end?.is === 'failed') {
    throw new Failure(EXIT.failed, `Cluster ${tag}: ${end.why}`, {
      next: `Slack and the worker’s log have the reason. How it stands: \`${PROGRAM} ${again.replace(' --watch', '')}\``,
    });
  }
  return body;
}

/** A look at the request and at the cluster; an answer of `detail` that takes long is waited for over several looks. */
function createLook(context: Context, { tag, goal, request, options }: Watched): () => Promise<Look> {
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
    question ??= ask(context, goal, sight, tag, options);
    const seen = await firstOf([
      question,
      context.sleep(SHOW_AFTER_MS).then(() => 'late' as const),
      ...(told === undefined || outcome !== undefined ? [] : [told.then(() => 'late' as const)]),
    ]).catch(async (error: unknown) => {
      question = undefined;
      // What is wrong with one connection mostly is with both: then the request’s own error counts.
      await firstOf([told ?? Promise.resolve(), context.sleep(GRACE_MS)]);
      if (endedBy(outcome) === undefined) throw error;
      return 'late' as const;
    });
    context.signal.throwIfAborted();
    const endedMeanwhile = endedBy(outcome);
    if (endedMeanwhile !== undefined) return { sight, outcome: endedMeanwhile };
    if (outcome !== undefined && !sight.isAccepted) {
      // From now on its absence says something.
      sight = { ...sight, isAccepted: true, absences: 0, changedAt: context.now() };
    }
    if (seen !== 'late') {
      question = undefined;
      body = seen;
      sight = seeAgain(goal, sight, seen?.result, context.now());
    }
    const end = endOf(goal, sight, context.now());
    return { sight, ...(body && { body }), ...(end && { end }) };
  };
}

/** 202: it goes on, and the request says no more. */
function endedBy(outcome: Outcome | undefined): Outcome | undefined {
  return outcome !== undefined && 'answer' in outcome && outcome.answer.status === 202 ? undefined : outcome;
}

/** As `Promise.race`; those that come later may fail unseen. */
async function firstOf<Value>(promises: readonly Promise<Value>[]): Promise<Value> {
  for (const promise of promises) promise.catch(() => {});
  return Promise.race(promises);
}

/** The answer of `detail`; undefined: there is no such cluster. */
type Seen = KantoBody<Cluster> | undefined | 'late';

async function ask(context: Context, goal: Goal, sight: Sight, tag: string, options: AccountOptions): Promise<Seen> {
  try {
    return await askCouchdb<Cluster>(context, 'detail', { cluster_tag: tag });
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    const isExpected = goal.kind !== 'settle' || sight.first !== undefined;
    if (error.code === 'unknown-cluster' && isExpected) return undefined;
    // While a creation waits for its turn, the server keeps the question and then says so.
    if (error.code === 'clusters-not-read' && goal.kind === 'create' && sight.first === undefined) return 'late';
    throw error.status === 503 ? error : adviseOnCluster(error, tag, options);
  }
}
