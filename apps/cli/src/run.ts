import { setTimeout as pauseFor } from 'node:timers/promises';
import { createColors } from 'picocolors';
import { createApi, type AnsweredRequest, type Api } from './api/api.js';
import { readArgv } from './argv.js';
import type { Command } from './command.js';
import { complete } from './completion/complete.js';
import { accountOf, loadSettings, withoutToken, type Settings } from './config/settings.js';
import { PROGRAM, type Context } from './context.js';
import { EXIT, Failure, usageFailure, type ExitCode } from './failures.js';
import { repeatOptions } from './output/advice.js';
import { describeFailure } from './output/failure-text.js';
import type { Printer } from './output/printer.js';
import type { Prompts } from './output/prompts.js';
import { createScreen, isColored, type Screen } from './output/screen.js';
import type { TextSink } from './output/text-sink.js';
import { createProgram, isCommanderEnd, type GlobalValues, type Invocation } from './program.js';

export interface World {
  /** What was typed, without node and the program. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Empty where the user has none. */
  readonly home: string;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly prompts: Prompts;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly version: string;
  readStdin(): Promise<string>;
}

/** Runs what was typed and says how it ended. Rejects for a bug only. */
export async function run(world: World, commands: readonly Command[]): Promise<ExitCode> {
  const { stdout, stderr, version, env } = world;
  // Before all else: what a shell asks must not fail by a broken configuration, nor be taken for options.
  if (world.argv[0] === 'complete') return complete(world, commands);
  let invoked: Invocation | undefined;
  const program = createProgram({ commands, version, stdout, stderr, onInvoked: (one) => (invoked = one) });
  try {
    if (world.argv.length === 0) program.help();
    program.parse(readArgv(commands, world.argv), { from: 'user' });
  } catch (error) {
    if (isCommanderEnd(error)) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    throw error;
  }
  if (invoked === undefined) return EXIT.usage;
  const { command, arguments: given, options } = invoked;
  const typed: GlobalValues = options;
  const { print: plain, openProgress } = createScreen({ stdout, stderr, env, isJson: typed.json === true });
  const print: Printer = { ...plain, note: (text) => plain.note(repeatOptions(text, typed, commands)) };
  let answered: AnsweredRequest | undefined;
  const exchange: Exchange = { onAnswer: (one) => (answered = one), lastAnswer: () => answered };
  try {
    const context = await createContext(world, typed, command, { print, openProgress }, exchange);
    return (await command.run(context, given, options)) ?? EXIT.done;
  } catch (error) {
    return report(answered === undefined ? error : ofUnreadAnswer(error, answered), world, print);
  }
}

interface Exchange {
  readonly onAnswer: (answer: AnsweredRequest) => void;
  readonly lastAnswer: () => AnsweredRequest | undefined;
}

async function createContext(
  world: World,
  flags: GlobalValues,
  command: Command,
  { print, openProgress }: Screen,
  { onAnswer, lastAnswer }: Exchange,
): Promise<Context> {
  const { env, home, signal, version, prompts } = world;
  // On a terminal what is typed would be seen.
  const readStdin = (): Promise<string> =>
    prompts.isInteractive ? prompts.secret('Token (it is not shown):') : unlessAborted(world.readStdin(), signal);
  const settings = await loadSettings({ flags, env, home, readStdin });
  if (command.isLocal !== true) {
    requireServer(settings, command);
    const unused = settings.problems.map(({ message }) => message);
    for (const warning of [...settings.warnings, ...unused]) print.note(print.colors.yellow(warning));
  }
  let api: Api | undefined;
  const connect = (url: string, token?: string): Api =>
    createApi({
      url,
      ...(token !== undefined && { token }),
      signal,
      onAnswer,
      userAgent: `quartermaster-cli/${version} node/${process.versions.node}`,
      ...(flags.verbose === true && { onExchange: (line) => print.note(print.colors.dim(line)) }),
    });
  return {
    get api() {
      requireServer(settings, command);
      api ??= connect(settings.url?.value ?? '', settings.token?.value);
      return api;
    },
    connect,
    get account() {
      const account = accountOf(settings);
      if (account !== undefined) return account;
      const [problem] = settings.problems;
      if (problem !== undefined) throw problem;
      throw usageFailure(
        `CouchDB clusters belong to an account: its ${settings.account === undefined ? 'name' : 'token'} is not given.`,
        'Give --account and --account-token-file, or set QUARTERMASTER_ACCOUNT and QUARTERMASTER_ACCOUNT_TOKEN. `quartermaster accounts create <name>` makes one.',
      );
    },
    settings,
    print,
    prompts,
    isJson: flags.json === true,
    signal,
    version,
    env,
    home,
    openProgress,
    lastAnswer,
    now: Date.now,
    sleep: (ms) => pauseFor(ms, undefined, { signal }),
  };
}

function requireServer({ url, token, tokenOfOther, problems }: Settings, { needsToken }: Command): void {
  if (url !== undefined && (token !== undefined || needsToken === false)) return;
  // What is missing may be what it would have set.
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  const next = `Run \`${PROGRAM} setup\`, or give it by QUARTERMASTER_URL and QUARTERMASTER_TOKEN.`;
  if (url === undefined) throw usageFailure('No server is set.', next);
  throw usageFailure(withoutToken(url, tokenOfOther), next);
}

/** What is waited for, until Ctrl-C. @throws the signal's reason. */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const interruption = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([work, interruption]);
}

/** Reading an answer of another form fails by a TypeError: nothing in it is where Quartermaster would have put it. */
function ofUnreadAnswer(error: unknown, { method, url, status }: AnsweredRequest): unknown {
  if (!(error instanceof TypeError)) return error;
  const { origin } = new URL(url);
  return new Failure(EXIT.unreachable, `The answer of ${origin} is not Quartermaster’s, or of another version of it.`, {
    request: `${method} ${url} → ${status}`,
    next: `See what answers there, and in which version: \`${PROGRAM} doctor\``,
    cause: error,
  });
}

/** Prints why it failed, on standard error. */
function report(error: unknown, { signal, stderr, env }: World, print: Printer): ExitCode {
  if (!(error instanceof Failure)) {
    if (!signal.aborted) throw error;
    stderr.write('Interrupted.\n');
    return EXIT.interrupted;
  }
  if (error.cause instanceof TypeError && env['QUARTERMASTER_DEBUG']) stderr.write(`${error.cause.stack}\n`);
  print.note(describeFailure(error, createColors(isColored(env, stderr))));
  return error.exitCode;
}
