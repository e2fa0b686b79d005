#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { commands } from './commands/index.js';
import { EXIT, usageFailure } from './failures.js';
import { createPrompts } from './output/prompts.js';
import { run } from './run.js';

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second time there is nothing more to wait for.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    // The terminal has written ^C where the cursor was: the line is cleared, a bar draws itself anew.
    if (signal === 'SIGINT' && process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    interruption.abort(new Error('interrupted'));
  });
}
// `quartermaster instances | head` ends when head has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
);

run(
  {
    argv: process.argv.slice(2),
    env: process.env,
    home: homedir(),
    stdout: process.stdout,
    stderr: process.stderr,
    prompts: createPrompts(process.stdin.isTTY && process.stderr.isTTY),
    signal: interruption.signal,
    version,
    // From a terminal the token would be seen as it is typed, and nobody can be asked without one for the questions.
    readStdin: async () => {
      if (process.stdin.isTTY) throw usageFailure('Standard input is a terminal: send the token through a pipe.');
      return text(process.stdin);
    },
  },
  commands,
).then(
  // Kept-alive connections and open prompts must not hold a command that is done.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`Error: This is a bug of quartermaster ${version}: ${String(error)}\n`);
    if (process.env['QUARTERMASTER_DEBUG']) process.stderr.write(`${(error as Error).stack}\n`);
    else process.stderr.write('  QUARTERMASTER_DEBUG=1 shows where.\n');
    process.exit(EXIT.failed);
  },
);
