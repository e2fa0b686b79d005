#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { commands } from './commands/index.js';
import { EXIT } from './failures.js';
import { createPrompts } from './output/prompts.js';
import { isLive } from './output/screen.js';
import { run } from './run.js';

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second time there is nothing more to wait for.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    // The terminal has written ^C where the cursor was: the line is cleared, a bar draws itself anew.
    if (signal === 'SIGINT' && isLive(process.env, process.stderr)) process.stderr.write('\r\u001b[K');
    interruption.abort(new Error('interrupted'));
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `quartermaster instances | head` ends when head has enough, like other programs by their SIGPIPE.
  if (error.code === 'EPIPE') process.exit(EXIT.unread);
  process.stderr.write(`Error: Standard output could not be written: ${error.message}\n`);
  process.exit(EXIT.failed);
});
// Where even that can not be written, there is nobody to tell; the exit code does.
process.stderr.on('error', () => {});

/** Empty where there is none: a user without an entry in passwd, or a HOME that would mean the current folder. */
function homeOrNone(): string {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : '';
  } catch {
    return '';
  }
}

/** All that was printed is on its way; what could not be has ended the process. */
async function flushed(): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  await new Promise((resolve) => setImmediate(resolve));
}

run(
  {
    argv: process.argv.slice(2),
    env: process.env,
    home: homeOrNone(),
    stdout: process.stdout,
    stderr: process.stderr,
    prompts: createPrompts(process, interruption.signal),
    signal: interruption.signal,
    version,
    readStdin: () => text(process.stdin),
  },
  commands,
).then(
  // Kept-alive connections and open prompts must not hold a command that is done.
  async (code) => {
    await flushed();
    process.exit(code);
  },
  (error: unknown) => {
    process.stderr.write(`Error: This is a bug of quartermaster ${version}: ${String(error)}\n`);
    if (process.env['QUARTERMASTER_DEBUG']) process.stderr.write(`${(error as Error).stack}\n`);
    else process.stderr.write('  QUARTERMASTER_DEBUG=1 shows where.\n');
    process.exit(EXIT.failed);
  },
);
