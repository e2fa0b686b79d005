import { path, type Api } from '../../api/api.js';
import { ApiFailure, mayBeDone } from '../../api/api-failure.js';
import { defineCommand, YES } from '../../command.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure } from '../../failures.js';
import { follow, isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { counted } from '../../output/counted.js';
import { inRegion, instanceIds, LISTED, regionOf, type Instances } from './fleet.js';
import { noteWarning } from '../../api/server-warning.js';
import { failureOf, isFailed, isSettled, newsOf, showTerminations, type Termination } from './terminate-outcome.js';

interface Options extends WatchOptions {
  readonly force?: boolean;
  readonly slackChannel?: string;
  readonly yes?: boolean;
}

/** Seconds for which one request of a --wait is held; then it is asked again, and joins the first. */
const HOLD_SECONDS = 3;

async function lookUp(api: Api, id: string): Promise<Termination> {
  try {
    const { instances } = await api.get<Instances>(path`/instances/${id}`);
    const [instance] = instances;
    return { id, state: 'untried', ...(instance && { instance }) };
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 404) throw error;
    return { id, state: 'failed', failure: error.advising(LISTED) };
  }
}

/** False where the answer is no. Nobody is asked where nobody is there. */
async function mayTerminate(context: Context, all: readonly Termination[], { force }: Options): Promise<boolean> {
  const { api, print, prompts } = context;
  const found = all.flatMap(({ instance }) => instance ?? []);
  if (!prompts.isInteractive || found.length === 0) return true;
  const region = await regionOf(api, 'instance-terminations');
  for (const { id, failure } of all) {
    if (failure !== undefined) print.note(print.colors.yellow(`${id}  there is no such instance`));
  }
  const width = Math.max(...found.map(({ name }) => name.length));
  for (const { id, name, state, managed } of found) {
    const refused = force === true ? 'not managed' : 'not managed: refused without --force';
    print.note(`${id}  ${name.padEnd(width)}  ${state}${managed ? '' : `, ${refused}`}`);
  }
  return prompts.confirm(`Terminate ${counted(found.length, 'instance')}${inRegion(region)}?`);
}

/** Asks for one. What is refused is in what it returns; rejects where the server was not reached, or can not answer now. */
async function request(context: Context, one: Termination, options: Options, hold?: number): Promise<Termination> {
  const { force, slackChannel } = options;
  try {
    const { status, headers } = await context.api.request({
      method: 'DELETE',
      path: path`/instances/${one.id}`,
      query: { force, 'slack-channel': slackChannel },
      ...(hold === undefined ? {} : { headers: { prefer: `wait=${hold}` } }),
    });
    // Of those that are asked again it was said already.
    if (one.state === 'untried') noteWarning(context, headers);
    return { ...one, state: status === 200 ? 'terminated' : 'accepted' };
  } catch (error) {
    // It was there a moment ago: this request, or somebody else's, has done it.
    if (error instanceof ApiFailure && error.status === 404) return { ...one, state: 'gone' };
    // What EC2 does not do after many tries; another 503 says that the server can not answer just now.
    if (error instanceof ApiFailure && (error.status !== 503 || error.code.startsWith('ec2-')))
      return { ...one, state: 'failed', failure: explained(error, one.id) };
    throw error;
  }
}

function explained(error: ApiFailure, id: string): Failure {
  if (error.code !== 'instance-not-managed') return error;
  return error.advising(
    `If it is to go all the same, with the token of an admin: \`${PROGRAM} terminate ${id} --force\``,
  );
}

/** One after the other; those after a failure to reach the server are left. */
async function requestAll(
  context: Context,
  all: readonly Termination[],
  options: Options,
): Promise<readonly Termination[]> {
  const done: Termination[] = [];
  let isAway = false;
  for (const one of all) {
    if (one.state !== 'untried' || isAway) {
      done.push(one);
      continue;
    }
    try {
      done.push(await request(context, one, options));
    } catch (error) {
      if (!(error instanceof Failure)) throw interruptedBy(context, error, all);
      isAway = true;
      const isOpen = mayBeDone(error);
      const next = `See what is left: \`${PROGRAM} ${lookAgain(all)}\``;
      done.push({ ...one, state: isOpen ? 'open' : 'failed', failure: isOpen ? error.advising(next) : error });
    }
  }
  return done;
}

function lookAgain(all: readonly Termination[]): string {
  return `instances ${all.map(({ id }) => id).join(' ')}`;
}

function interruptedBy({ signal }: Context, error: unknown, all: readonly Termination[]): unknown {
  if (!signal.aborted) return error;
  const next = `Some may be on their way. See what is left: \`${PROGRAM} ${lookAgain(all)}\``;
  return new Failure(EXIT.interrupted, 'Interrupted.', { next });
}

/** Asks for all at once, and again until each is settled. */
async function watchAll(
  context: Context,
  all: readonly Termination[],
  options: Options,
): Promise<readonly Termination[]> {
  let standing = all;
  const hold = Math.max(1, Math.min(HOLD_SECONDS, Math.floor((options.timeout ?? Infinity) / 1000)));
  const { state } = await follow<readonly Termination[]>(
    context,
    {
      what: counted(all.length, 'termination'),
      again: lookAgain(all),
      load: async () => {
        const tried = await Promise.allSettled(
          standing.map(async (one) => (isSettled(one) ? one : request(context, one, options, hold))),
        );
        standing = standing.map((one, i) => (tried[i]?.status === 'fulfilled' ? tried[i].value : one));
        const lost = tried.find((outcome) => outcome.status === 'rejected');
        if (lost !== undefined) throw lost.reason;
        return standing;
      },
      progressOf: (now) => {
        const gone = now.filter(({ state }) => state === 'terminated' || state === 'gone').length;
        return { done: now.filter(isSettled).length, total: now.length, text: `${gone} of ${now.length} terminated` };
      },
      linesOf: (now, former) => newsOf(now, former),
      endOf: (now) => (now.every(isSettled) ? (now.some(isFailed) ? 'failed' : 'done') : undefined),
    },
    options,
  );
  return state;
}

export const terminate = defineCommand<{ readonly ids: readonly string[] }, Options>({
  name: 'terminate',
  group: 'Instances',
  summary: 'Terminate instances',
  description:
    'On a terminal it shows them and asks first. Of several all are tried; it ends with 1 where one could not be terminated.',
  arguments: [{ name: 'ids', summary: 'The instances', isVariadic: true, completion: instanceIds }],
  options: [
    YES,
    { flags: '--force', summary: 'Also those that this installation did not make; with the token of an admin' },
    { flags: '--slack-channel <channel>', summary: 'Where Slack is told of it' },
    ...WATCH_OPTIONS,
  ],
  examples: [
    { line: 'terminate i-0cd1e85d855d9d3e6', does: 'one, after a question' },
    {
      line: 'terminate i-0cd1e85d855d9d3e6 i-06a685beb15428015 --yes --wait',
      does: 'two, without a question, until they are gone',
    },
    { line: 'terminate i-04ce5cefdd763eb03 --force --slack-channel ops', does: 'one that was made elsewhere' },
  ],
  run: async (context, { ids }, options) => {
    const looked = await Promise.all([...new Set(ids)].map((id) => lookUp(context.api, id)));
    const [first] = looked;
    if (looked.length === 1 && first?.failure !== undefined) throw first.failure;
    if (options.yes !== true && !(await mayTerminate(context, looked, options))) {
      context.print.note('Nothing was terminated.');
      return EXIT.failed;
    }
    const isWaiting = isWatched(options);
    const all = await (isWaiting ? watchAll : requestAll)(context, looked, options);
    const failure = failureOf(all);
    if (failure !== undefined && all.length === 1) throw failure;
    // Of those that were watched it was said on the way.
    if (context.isJson || !isWaiting) showTerminations(context, all);
    if (failure !== undefined) throw failure;
    if (!isWaiting) context.print.note(`See what is left: \`${PROGRAM} ${lookAgain(all)}\``);
    return EXIT.done;
  },
});
