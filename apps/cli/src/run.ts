import { setTimeout as pauseFor } from 'node:timers/promises';
import { createColors } from 'picocolors';
import { createApi, type Api } from './api/api.js';
import { readArgv } from './argv.js';
import type { Command } from './command.js';
import { complete } from './completion/complete.js';
import { loadSettings, type Settings } from './config/settings.js';
import { PROGRAM, type Context } from './context.js';
import { EXIT, Failure, usageFailure, type ExitCode } from './failures.js';
import { describeFailure } from './output/failure-text.js';
import { createPrinter, type Printer } from './output/printer.js';
import { createProgress } from './output/progress.js';
import type { Prompts } from './output/prompts.js';
import type { TextSink } from './output/text-sink.js';
import { createProgram, isCommanderEnd, type GlobalValues, type Invocation } from './program.js';

export interface World {
  /** What was typed, without node and the program. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
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
  const { json = false } = options as GlobalValues;
  const print = createPrinter({
    stdout,
    stderr,
    isJson: json,
    isColored: isColored(env, stdout),
    isNoteColored: isColored(env, stderr),
  });
  try {
    const context = await createContext(world, options, command, print);
    return (await command.run(context, given, options)) ?? EXIT.done;
  } catch (error) {
    return report(error, world, print);
  }
}

/** https://no-color.org: any text that is not empty turns colours off. */
function isColored(env: NodeJS.ProcessEnv, sink: TextSink): boolean {
  return !env['NO_COLOR'] && isLive(env, sink);
}

/** A terminal that understands escape codes. */
function isLive(env: NodeJS.ProcessEnv, sink: TextSink): boolean {
  return sink.isTTY === true && env['TERM'] !== 'dumb';
}

async function createContext(world: World, flags: GlobalValues, command: Command, print: Printer): Promise<Context> {
  const { env, home, signal, version, prompts } = world;
  // On a terminal what is typed would be seen.
  const readStdin = (): Promise<string> =>
    prompts.isInteractive ? prompts.secret('Token (it is not shown):') : world.readStdin();
  const settings = await loadSettings({ flags, env, home, readStdin });
  if (command.isLocal !== true) {
    requireServer(settings, command);
    for (const warning of settings.warnings) print.note(print.colors.yellow(warning));
  }
  let api: Api | undefined;
  const connect = (url: string, token?: string): Api =>
    createApi({
      url,
      ...(token !== undefined && { token }),
      signal,
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
      const { account, accountToken } = settings;
      if (account !== undefined && accountToken !== undefined)
        return { username: account.value, token: accountToken.value };
      throw usageFailure(
        `CouchDB clusters belong to an account: its ${account === undefined ? 'name' : 'token'} is not given.`,
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
    openProgress: () => {
      // With --json standard output has the result alone.
      const sink = flags.json === true ? world.stderr : world.stdout;
      const colors = createColors(isColored(env, sink));
      return createProgress({ sink, colors, isLive: isLive(env, sink), now: Date.now });
    },
    now: Date.now,
    sleep: (ms) => pauseFor(ms, undefined, { signal }),
  };
}

function requireServer({ url, token, tokenOfOther, problems }: Settings, { needsToken }: Command): void {
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  const next = `Run \`${PROGRAM} setup\`, or give it by QUARTERMASTER_URL and QUARTERMASTER_TOKEN.`;
  if (url === undefined) throw usageFailure('No server is set.', next);
  if (token !== undefined || needsToken === false) return;
  const other = tokenOfOther === undefined ? '' : ` The one in ${tokenOfOther.source} is for ${tokenOfOther.url}.`;
  throw usageFailure(`No token for ${url.value} is set.${other}`, next);
}

/** Prints why it failed, on standard error. */
function report(error: unknown, { signal, stderr, env }: World, print: Printer): ExitCode {
  if (!(error instanceof Failure)) {
    if (!signal.aborted) throw error;
    stderr.write('Interrupted.\n');
    return EXIT.interrupted;
  }
  print.note(describeFailure(error, createColors(isColored(env, stderr))));
  return error.exitCode;
}
