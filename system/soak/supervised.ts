import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where its output goes, of all its lives. */
  readonly logFile: string;
}

/** A process that is started again whenever it ends, as a supervisor would. */
export interface Supervised {
  readonly name: string;
  isUp(): boolean;
  /** Signals the process of now; false where there is none. */
  signal(signal: NodeJS.Signals): boolean;
  /** Ends that nobody here has caused: exit code or signal. */
  readonly ownEnds: string[];
  /** SIGTERM, SIGKILL if need be, and no new start. */
  stop(): Promise<void>;
}

/** How long (ms) a process is gone before it is started again. */
const PAUSE_MS = 250;
const STOP_LIMIT_MS = 10_000;

export function supervise(program: Program): Supervised {
  mkdirSync(dirname(program.logFile), { recursive: true });
  const ownEnds: string[] = [];
  let child: ChildProcess | undefined;
  let restart: NodeJS.Timeout | undefined;
  let isKilled = false;
  let isStopped = false;

  const start = (): void => {
    isKilled = false;
    const started = (child = launch(program));
    const ended = (how: string): void => {
      if (child !== started) return;
      child = undefined;
      if (isStopped) return;
      if (!isKilled) ownEnds.push(how);
      restart = setTimeout(start, PAUSE_MS);
    };
    started.once('exit', (code, signal) => ended(String(signal ?? code)));
    started.once('error', (error) => ended(error.message));
  };
  start();

  return {
    name: program.name,
    ownEnds,
    isUp: () => child !== undefined,
    signal: (signal) => {
      if (child === undefined) return false;
      if (signal === 'SIGKILL') isKilled = true;
      return child.kill(signal);
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(restart);
      const last = child;
      if (last === undefined) return;
      const gone = once(last, 'exit');
      last.kill('SIGCONT');
      last.kill('SIGTERM');
      const limit = setTimeout(() => last.kill('SIGKILL'), STOP_LIMIT_MS);
      await gone;
      clearTimeout(limit);
    },
  };
}

function launch({ command, args, environment, logFile }: Program): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  const log = openSync(logFile, 'a');
  const env = { PATH, HOME, NODE_NO_WARNINGS: '1', ...environment };
  const child = spawn(command, args, { env, cwd: ROOT, stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
}
