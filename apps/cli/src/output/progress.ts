import { SingleBar } from 'cli-progress';
import { printable, type Colors } from './printer.js';
import { spanOf } from './time.js';
import type { TextSink } from './text-sink.js';

export interface ProgressState {
  /** How far it is, of `total`; e.g. instances that have reported. */
  readonly done: number;
  readonly total: number;
  /** Where it stands, in a few words: `started, 2 of 4 instances have reported`. */
  readonly text: string;
}

/** A live bar on a terminal; elsewhere a line for each change of the text. */
export interface Progress {
  show(state: ProgressState): void;
  /** A line that stays, above the bar. */
  note(line: string): void;
  /** Leaves the last state standing. */
  end(): void;
}

export interface ProgressOptions {
  readonly sink: TextSink;
  readonly colors: Colors;
  /** The sink is a terminal that understands escape codes. */
  readonly isLive: boolean;
  readonly now: () => number;
}

const BAR_WIDTH = 24;

export function createProgress({ sink, colors, isLive, now }: ProgressOptions): Progress {
  if (!isLive) return createLines(sink);
  const startedAt = now();
  const bar = new SingleBar({
    // cli-progress asks for the whole stream and uses what a terminal's has.
    stream: sink as unknown as NodeJS.WritableStream,
    hideCursor: true,
    fps: 10,
    forceRedraw: true,
    format: (_options, { progress }, { text }: { text: string }) => {
      const full = Math.round(Math.min(1, Math.max(0, progress)) * BAR_WIDTH);
      const drawn = colors.green('█'.repeat(full)) + colors.dim('░'.repeat(BAR_WIDTH - full));
      const time = spanOf((now() - startedAt) / 1000);
      // cli-progress would cut the line with its colours counted, or let it run over the last column.
      const room = (sink.columns || 80) - BAR_WIDTH - time.length - 3;
      return `${drawn} ${shortened(text, room)} ${colors.dim(time)}`;
    },
  });
  // Whoever ends the process in the middle, gets the cursor back.
  const stop = (): void => bar.stop();
  let last: ProgressState | undefined;
  const close = (): void => {
    process.off('exit', stop);
    bar.stop();
  };
  const draw = ({ done, total, text }: ProgressState): void => {
    if (last === undefined) {
      bar.start(total, done, { text });
      process.once('exit', stop);
    }
    bar.setTotal(total);
    bar.update(done, { text });
    last = { done, total, text };
  };
  return {
    show: draw,
    note: (line) => {
      const standing = last;
      if (standing !== undefined) {
        close();
        // The bar's line goes; what is noted takes its place, and the bar comes below.
        sink.write('\u001b[1A\u001b[2K');
        last = undefined;
      }
      sink.write(`${printable(line)}\n`);
      if (standing !== undefined) draw(standing);
    },
    end: () => {
      if (last !== undefined) close();
      last = undefined;
    },
  };
}

function createLines(sink: TextSink): Progress {
  let told = '';
  return {
    show: ({ text }) => {
      if (text !== told) sink.write(`${printable(text)}\n`);
      told = text;
    },
    note: (line) => void sink.write(`${printable(line)}\n`),
    end: () => {},
  };
}

function shortened(text: string, room: number): string {
  const line = printable(text).replace(/[\n\t]/g, ' ');
  return line.length <= room ? line : `${line.slice(0, Math.max(0, room - 1))}…`;
}
