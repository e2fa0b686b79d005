import { defineCommand, type Command } from '../../command.js';
import type { Context } from '../../context.js';
import type { ExitCode } from '../../failures.js';
import { exitCodeOf, type Check, type CheckState } from './check.js';
import { checkConfiguration } from './configuration.js';
import { examineServer } from './server.js';
import { counted } from '../../output/counted.js';
import type { Colors, Printer } from '../../output/printer.js';

const STATES: Readonly<Record<CheckState, { readonly mark: string; readonly color: keyof Colors }>> = {
  ok: { mark: '✓', color: 'green' },
  warning: { mark: '!', color: 'yellow' },
  problem: { mark: '✗', color: 'red' },
};
/** As wide as the longest of the names and of the states that come often. */
const WIDTH = { name: 14, state: 7 } as const;

async function* examine(context: Context): AsyncGenerator<Check> {
  const { settings, version } = context;
  yield* checkConfiguration(settings);
  const { url, token } = settings;
  if (url === undefined) return;
  const api = context.connect(url.value, token?.value);
  yield* examineServer({ api, hasToken: token !== undefined, version, now: () => context.now() });
}

function show({ name, state, detail, request, next }: Check, print: Printer): void {
  const { colors } = print;
  const { mark, color } = STATES[state];
  const isColored = colors.bold('x') !== 'x';
  const shown = isColored ? colors[color](mark) : state.padEnd(WIDTH.state);
  print.line(`${shown} ${name.padEnd(WIDTH.name)} ${detail}`);
  const indent = ' '.repeat((isColored ? 1 : WIDTH.state) + WIDTH.name + 2);
  for (const more of [request, next]) if (more !== undefined) print.line(indent + colors.dim(more));
}

function summaryOf(checks: readonly Check[]): string {
  const count = (state: CheckState): string => {
    const { length } = checks.filter((check) => check.state === state);
    return length === 0 ? '' : counted(length, state);
  };
  return [count('problem'), count('warning')].filter(Boolean).join(', ') || 'Everything is in order';
}

const doctor = defineCommand({
  name: 'doctor',
  group: 'This program',
  summary: 'Check the settings, the way to the server, and the server itself',
  description:
    'Looks at where the URL and the token come from, whether the server answers and takes the token, whether the versions fit, and what each process, queue and cache says of itself. It changes nothing. Ends with 0 where all is well or there are warnings only, 1 for a problem, 2 where no server or no token is set, 3 where it is not reached.',
  isLocal: true,
  examples: [
    { line: 'doctor', does: 'check everything' },
    { line: 'doctor --url https://quartermaster.example.com', does: 'the same of another server' },
    { line: 'doctor --json', does: 'the same for a program: an object with a list of checks' },
  ],
  run: async (context): Promise<ExitCode> => {
    const { print, isJson, settings, version } = context;
    const checks: Check[] = [];
    for await (const check of examine(context)) {
      checks.push(check);
      if (!isJson) show(check, print);
    }
    const exitCode = exitCodeOf(checks);
    const shown = checks.map(({ exitCode: _unused, ...check }) => check);
    print.result({ ok: exitCode === 0, version, url: settings.url?.value ?? null, checks: shown }, () => {
      print.line();
      print.line(`${summaryOf(checks)}.`);
    });
    return exitCode;
  },
});

export const doctorCommands: readonly Command[] = [doctor];
