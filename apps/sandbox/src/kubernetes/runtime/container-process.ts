import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { createInterface } from 'node:readline';
import type { PodOrders } from './pod-orders.js';

export interface ProcessEnd {
  /** 128 and the signal's number where a signal ended it, as a container's exit code has it. */
  readonly exitCode: number;
  /** The last lines that it wrote. */
  readonly message: string;
}

/** A running container's process. */
export interface ContainerProcess {
  readonly pid: number | undefined;
  signal(signal: NodeJS.Signals): void;
}

export type StartProcess = (cwd: string, orders: PodOrders, onEnd: (end: ProcessEnd) => void) => ContainerProcess;

const KEPT_LINES = 5;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGKILL: 9,
  SIGTERM: 15,
  SIGINT: 2,
  SIGSEGV: 11,
  SIGABRT: 6,
};

/** Forks the compiled `pod-process`; `say` hears each line that it writes. */
export function createStartProcess(say: (line: string) => void): StartProcess {
  return (cwd, orders, onEnd) => {
    const child = fork(entryOf(__dirname), [], {
      cwd,
      env: { NODE_NO_WARNINGS: '1' },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const lines = readLines(child, say);
    let over = false;
    const end = (exitCode: number): void => {
      if (over) return;
      over = true;
      onEnd({ exitCode, message: lines.slice(-KEPT_LINES).join('\n') });
    };
    child.once('exit', (code, signal) => end(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
    child.once('error', (error) => {
      say(error.message);
      end(1);
    });
    // A child that ends at once leaves a channel that can't be written to; its end is heard of above.
    child.send(orders, () => undefined);
    return { pid: child.pid, signal: (signal) => void child.kill(signal) };
  };
}

function readLines(child: ChildProcess, say: (line: string) => void): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      say(line);
    });
  }
  return lines;
}

/** Where the sources themselves run, as in tests, the process runs what has been built of them. */
function entryOf(folder: string): string {
  const beside = join(folder, 'pod-process.js');
  const at = folder.lastIndexOf(`${sep}src${sep}`);
  if (existsSync(beside) || at < 0) return beside;
  return join(folder.slice(0, at), 'dist', folder.slice(at + 5), 'pod-process.js');
}
