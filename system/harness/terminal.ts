import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@quartermaster/testing';
import { Terminal as Emulator } from '@xterm/headless';

const KEYS = {
  enter: '\r',
  tab: '\t',
  'ctrl-c': '\u0003',
  backspace: '\u007f',
} as const;

export interface TerminalOptions {
  /** A simple command, quoted for sh. */
  readonly command: string;
  /** All of its environment, but for PATH, TERM and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly columns?: number;
  readonly rows?: number;
}

/** A program in a pseudo-terminal, and what a person would see of it. */
export interface Terminal {
  /** What stands on the screen: lines without their trailing spaces; a line that was wrapped is one. */
  screen(): string;
  /** All that was ever written to the terminal, escape sequences and all. */
  output(): string;
  /** Whether this was ever written in one piece, even if it stands there no more. */
  everSeen(text: string): boolean;
  type(text: string): void;
  press(key: keyof typeof KEYS): void;
  /** Waits until this stands on the screen; gives the screen. */
  until(wanted: string | RegExp, limitMs?: number): Promise<string>;
  /** The program's exit code; 128 and the signal's number where it was killed. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Opens a pseudo-terminal by util-linux's `script`, and shows what comes out of it as xterm would. */
export function openTerminal({ command, env = {}, cwd, columns = 100, rows = 40 }: TerminalOptions): Terminal {
  const inside = `stty cols ${columns} rows ${rows}; exec ${command}`;
  const { PATH = '' } = process.env;
  const child = spawn('script', ['-qfec', inside, '/dev/null'], {
    // SHELL is what `script` runs the command with.
    env: { PATH, SHELL: '/bin/sh', TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const emulator = new Emulator({ cols: columns, rows, scrollback: 2000, allowProposedApi: true });
  const type = (text: string): void => void child.stdin.write(text);
  // What a terminal answers by itself when it is asked, e.g. where the cursor is.
  emulator.onData(type);
  child.stdin.on('error', () => undefined);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
    emulator.write(part);
  });
  const ended = once(child, 'close').then(([code]) => Number(code));
  ended.catch(() => undefined);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const terminal: Terminal = {
    screen: () => screenOf(emulator),
    output: () => output,
    everSeen: (text) => output.includes(text),
    type,
    press: (key) => type(KEYS[key]),
    until: async (wanted, limitMs = 60_000) => {
      await eventually(
        () => {
          const screen = screenOf(emulator);
          if (typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen)) return;
          throw new Error(`Not on the screen: ${String(wanted)}\n${screen}`);
        },
        limitMs,
        20,
      );
      return screenOf(emulator);
    },
    ended: ended.then(async (code) => {
      // What came last is drawn, too.
      await new Promise<void>((resolve) => emulator.write('', resolve));
      return code;
    }),
    stop: async () => {
      if (!isOver()) child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(limit);
      emulator.dispose();
    },
  };
  return terminal;
}

function screenOf({ buffer: { active }, rows }: Emulator): string {
  const lines: string[] = [];
  for (let row = active.baseY; row < active.baseY + rows; row += 1) {
    const line = active.getLine(row);
    if (line === undefined) continue;
    const text = line.translateToString(active.getLine(row + 1)?.isWrapped !== true);
    if (line.isWrapped && lines.length > 0) lines.push((lines.pop() ?? '') + text);
    else lines.push(text);
  }
  return lines.join('\n').trimEnd();
}
