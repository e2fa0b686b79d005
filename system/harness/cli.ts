import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { TOKEN } from './start-system';
import { openTerminal, type Terminal } from './terminal';

/** The program as `npx tsc -b apps/cli` leaves it. */
export const CLI_MAIN = join(__dirname, '../../apps/cli/dist/main.js');

export interface CliOptions {
  /** On top of where the server is and its token. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** How a run has ended, and what it wrote. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person with a home of their own, who uses the program. */
export interface CliUser {
  readonly home: string;
  /** Runs it without a terminal, to its end. */
  run(argv: readonly string[], options?: CliOptions): Promise<CliRun>;
  /** Types it in a terminal: the words after `quartermaster`, as for a shell. */
  open(line: string, options?: Pick<CliOptions, 'env'>): Terminal;
  /** Ends what is open in terminals and removes the home. */
  leave(): Promise<void>;
}

/** `server` is set in their environment, with the token; without it nothing is set. */
export function openCliUser(server?: { readonly webUrl: string }): CliUser {
  const home = mkdtempSync(join(tmpdir(), 'qm-cli-'));
  const { PATH = '' } = process.env;
  const base = {
    PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    NODE_NO_WARNINGS: '1',
    ...(server === undefined ? {} : { QUARTERMASTER_URL: server.webUrl, QUARTERMASTER_TOKEN: TOKEN }),
  };
  const terminals: Terminal[] = [];
  return {
    home,
    run: (argv, { env = {}, stdin = '' } = {}) => runToEnd(argv, { ...base, ...env }, stdin),
    open: (line, { env = {} } = {}) => {
      const terminal = openTerminal({
        command: `'${process.execPath}' '${CLI_MAIN}' ${line}`,
        env: { ...base, ...env },
      });
      terminals.push(terminal);
      return terminal;
    },
    leave: async () => {
      await Promise.all(terminals.map((terminal) => terminal.stop()));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function runToEnd(argv: readonly string[], env: Record<string, string>, stdin: string): Promise<CliRun> {
  const child = spawn(process.execPath, [CLI_MAIN, ...argv], { env });
  child.stdin.on('error', () => undefined).end(stdin);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  if (code === null) throw new Error(`killed by ${signal}: ${stderr}`);
  return { code, stdout, stderr };
}
