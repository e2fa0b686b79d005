import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '../..');

/** A real process of the product, driven from outside. */
export interface Process {
  readonly name: string;
  readonly child: ChildProcess;
  /** Everything that it has written, line by line. */
  readonly lines: string[];
  /** Exit code or signal, once it has ended. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<number | string>;
}

const COMMANDS = {
  web: join(ROOT, 'bin/web'),
  worker: join(ROOT, 'apps/worker/dist/main.js'),
  'mini-worker': join(ROOT, 'apps/mini-worker/dist/main.js'),
  sandbox: join(ROOT, 'apps/sandbox/dist/main.js'),
} as const;

/** Starts one process with exactly this environment, but for PATH and HOME. */
export function startProcess(name: keyof typeof COMMANDS, environment: Readonly<Record<string, string>>): Process {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, NODE_NO_WARNINGS: '1', ...environment };
  const command = COMMANDS[name];
  const child =
    name === 'web' ? spawn(command, { env, cwd: ROOT }) : spawn(process.execPath, [command], { env, cwd: ROOT });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    name,
    child,
    lines,
    ended,
    kill: (signal) => void child.kill(signal),
    stop: () => {
      if (!isOver()) {
        child.kill('SIGCONT');
        child.kill('SIGTERM');
      }
      return ended;
    },
  };
}
