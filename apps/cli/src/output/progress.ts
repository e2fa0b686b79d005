import { SingleBar } from 'cli-progress';
import type { Colors } from './printer.js';
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
  readonly now: () => number;
}

const BAR_WIDTH = 24;

export function createProgress({ sink, colors, now }: ProgressOptions): Progress {
  if (sink.isTTY !== true) return createLines(sink);
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
      return `${drawn} ${text} ${colors.dim(spanOf((now() - startedAt) / 1000))}`;
    },
  });
  let last: ProgressState | undefined;
  const draw = ({ done, total, text }: ProgressState): void => {
    if (last === undefined) bar.start(total, done, { text });
    bar.setTotal(total);
    bar.update(done, { text });
    last = { done, total, text };
  };
  return {
    show: draw,
    note: (line) => {
      const standing = last;
      if (standing !== undefined) {
        bar.stop();
        // The bar's line goes; what is noted takes its place, and the bar comes below.
        sink.write('\u001b[1A\u001b[2K');
        last = undefined;
      }
      sink.write(`${line}\n`);
      if (standing !== undefined) draw(standing);
    },
    end: () => {
      if (last !== undefined) bar.stop();
      last = undefined;
    },
  };
}

function createLines(sink: TextSink): Progress {
  let told = '';
  return {
    show: ({ text }) => {
      if (text !== told) sink.write(`${text}\n`);
      told = text;
    },
    note: (line) => void sink.write(`${line}\n`),
    end: () => {},
  };
}
