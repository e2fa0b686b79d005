import { createColors } from 'picocolors';
import { createPrinter, type Printer } from './printer.js';
import { createProgress, type Progress } from './progress.js';
import type { TextSink } from './text-sink.js';

/** Both outputs of a command, of which a terminal shows one picture. */
export interface Screen {
  readonly print: Printer;
  readonly openProgress: () => Progress;
}

export interface ScreenOptions {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: NodeJS.ProcessEnv;
  readonly isJson: boolean;
}

export function createScreen({ stdout, stderr, env, isJson }: ScreenOptions): Screen {
  // With --json standard output has the result alone.
  const barSink = isJson ? stderr : stdout;
  let standing: Progress | undefined;
  // A note in the middle of a bar would break its line; one that goes to a file goes there.
  const notes: TextSink = {
    ...(stderr.isTTY !== undefined && { isTTY: stderr.isTTY }),
    write: (text) => (standing === undefined ? stderr.write(text) : standing.note(text.replace(/\n$/, ''))),
  };
  return {
    print: createPrinter({
      stdout,
      stderr: notes,
      isJson,
      isColored: isColored(env, stdout),
      isNoteColored: isColored(env, stderr),
    }),
    openProgress: () => {
      const isBar = isLive(env, barSink);
      const colors = createColors(isColored(env, barSink));
      const progress = createProgress({ sink: barSink, colors, isLive: isBar, now: Date.now });
      if (isBar && isLive(env, stderr)) standing = progress;
      return {
        ...progress,
        end: () => {
          standing = undefined;
          progress.end();
        },
      };
    },
  };
}

/** https://no-color.org: any text that is not empty turns colours off. */
export function isColored(env: NodeJS.ProcessEnv, sink: TextSink): boolean {
  return !env['NO_COLOR'] && isLive(env, sink);
}

/** A terminal that understands escape codes. */
export function isLive(env: NodeJS.ProcessEnv, sink: TextSink): boolean {
  return sink.isTTY === true && env['TERM'] !== 'dumb';
}
