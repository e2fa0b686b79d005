import { createApi, type Api } from './api/api.js';
import type { Command } from './command.js';
import { loadSettings, type Settings } from './config/settings.js';
import { PROGRAM, type Context } from './context.js';
import { EXIT, Failure, usageFailure, type ExitCode } from './failures.js';
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
  let invoked: Invocation | undefined;
  const program = createProgram({ commands, version, stdout, stderr, onInvoked: (one) => (invoked = one) });
  try {
    if (world.argv.length === 0) program.help();
    program.parse(withAwsuperOptions(world.argv), { from: 'user' });
  } catch (error) {
    if (isCommanderEnd(error)) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    throw error;
  }
  if (invoked === undefined) return EXIT.usage;
  const { command, arguments: given, options } = invoked;
  const { json = false } = options as GlobalValues;
  const print = createPrinter({ stdout, stderr, isJson: json, isColored: isColored(env, stdout) });
  try {
    const context = await createContext(world, options, command, print);
    return (await command.run(context, given, options)) ?? EXIT.done;
  } catch (error) {
    return report(error, world, print);
  }
}

/** AWSuper's page prints `--s` where it means `-s`. */
function withAwsuperOptions(argv: readonly string[]): string[] {
  return argv.map((word) => word.replace(/^--([sli])$/, '-$1'));
}

/** https://no-color.org: any text that is not empty turns colours off. */
function isColored(env: NodeJS.ProcessEnv, stdout: TextSink): boolean {
  if (env['NO_COLOR']) return false;
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}

async function createContext(world: World, flags: GlobalValues, command: Command, print: Printer): Promise<Context> {
  const { env, home, signal, version, prompts } = world;
  const settings = await loadSettings({ flags, env, home, readStdin: () => world.readStdin() });
  for (const warning of settings.warnings) print.note(print.colors.yellow(warning));
  if (command.isLocal !== true) requireServer(settings);
  let api: Api | undefined;
  return {
    get api() {
      api ??= openApi(
        world,
        settings,
        flags.verbose === true ? (line) => print.note(print.colors.dim(line)) : undefined,
      );
      return api;
    },
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
    openProgress: () => {
      // With --json standard output has the result alone.
      const sink = flags.json === true ? world.stderr : world.stdout;
      return createProgress({ sink, colors: print.colors, now: Date.now });
    },
    now: Date.now,
    sleep: (ms) => sleep(ms, signal),
  };
}

function requireServer({ url, token }: Settings): void {
  const next = `Run \`${PROGRAM} setup\`, or give it by QUARTERMASTER_URL and QUARTERMASTER_TOKEN.`;
  if (url === undefined) throw usageFailure('No server is set.', next);
  if (token === undefined) throw usageFailure(`No token for ${url.value} is set.`, next);
}

function openApi({ version, signal }: World, settings: Settings, onExchange?: (line: string) => void): Api {
  requireServer(settings);
  return createApi({
    url: settings.url?.value ?? '',
    ...(settings.token && { token: settings.token.value }),
    signal,
    userAgent: `quartermaster-cli/${version} node/${process.versions.node}`,
    ...(onExchange && { onExchange }),
  });
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Prints why it failed, on standard error; with `--json` as JSON. */
function report(error: unknown, { signal, stderr }: World, print: Printer): ExitCode {
  if (!(error instanceof Failure)) {
    if (!signal.aborted) throw error;
    stderr.write('Interrupted.\n');
    return EXIT.interrupted;
  }
  const { colors } = print;
  const { lines = [], request, next } = error.details;
  const head = error.exitCode === EXIT.interrupted ? error.message : `${colors.red('Error:')} ${error.message}`;
  print.note([head, ...lines, request && colors.dim(request), next].filter(Boolean).join('\n  '));
  return error.exitCode;
}
