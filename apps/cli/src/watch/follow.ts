import { Unreachable, ApiFailure } from '../api/api-failure.js';
import { PROGRAM, type Context } from '../context.js';
import { EXIT, Failure } from '../failures.js';
import type { ProgressState } from '../output/progress.js';
import { parseDuration, spanOf } from '../output/time.js';
import type { Option } from '../command.js';

/** Something that takes its time, and how to look at it. */
export interface Followed<State> {
  /** `build 87ff7a06-…`, for messages. */
  readonly what: string;
  load(): Promise<State>;
  progressOf(state: State): ProgressState;
  /** How it has ended; undefined while it goes on. */
  endOf(state: State): 'done' | 'failed' | undefined;
  /** Lines that are new since `former`, which is undefined at first. */
  linesOf?(state: State, former: State | undefined): readonly string[];
  /** What to type to look at it again: `builds 87ff7a06-… --watch`. */
  readonly again: string;
}

export interface WatchOptions {
  readonly wait?: boolean;
  readonly watch?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Options of every command that can follow something to its end; `--wait` and `--watch` are the same. */
export const WATCH_OPTIONS: readonly Option[] = [
  { flags: '-W, --wait', summary: 'Wait until it is done, and show how far it is; exit 1 where it fails' },
  { flags: '--watch', summary: 'The same as --wait' },
  {
    flags: '--timeout <time>',
    summary: 'With --wait: give up waiting (not the work) after this time, like 90s or 10m',
    parse: parseDuration,
  },
];

export function isWatched({ wait, watch, timeout }: WatchOptions): boolean {
  return wait === true || watch === true || timeout !== undefined;
}

/** Between two looks: often at first, then less. */
const PAUSES_MS = { first: 500, longest: 3000, growth: 1.15 } as const;
/** A server that is away so long is given up. */
export const PATIENCE_MS = 120_000;

/** Node's timers go off at once for more: 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** As much of a command's context as is needed. */
export type FollowContext = Pick<Context, 'openProgress' | 'now' | 'sleep' | 'signal' | 'lastAnswer'>;

/**
 * Looks at something until it has ended, drawing how far it is. A lost connection and a 503 are waited through, but where
 * nothing has ever answered.
 * @throws Failure with exit 1 when `timeout` is over, 3 when the server stays away, 130 on Ctrl-C: it always says that the
 * work itself goes on, and how to look at it again.
 */
export async function follow<State>(
  context: FollowContext,
  followed: Followed<State>,
  { timeout }: WatchOptions = {},
): Promise<{ readonly state: State; readonly end: 'done' | 'failed' }> {
  const { what, again } = followed;
  const progress = context.openProgress();
  const startedAt = context.now();
  const next = `It goes on. Look at it again: \`${PROGRAM} ${again}\``;
  let former: State | undefined;
  let awaySince: number | undefined;
  let pause: number = PAUSES_MS.first;
  const timeLeft = (): number => (timeout === undefined ? Infinity : startedAt + timeout - context.now());
  const lateness = (): Failure => {
    const how = former === undefined ? 'Nothing was heard' : 'Not done';
    return new Failure(EXIT.failed, `${how} within ${spanOf((timeout ?? 0) / 1000)}: ${what}.`, { next });
  };
  const withinTime = async (look: Promise<State>): Promise<State> => {
    if (timeout === undefined) return look;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(lateness()), Math.min(timeLeft(), LONGEST_TIMER_MS));
    });
    return Promise.race([look, late]).finally(() => clearTimeout(timer));
  };
  try {
    for (;;) {
      try {
        const state = await withinTime(followed.load());
        if (awaySince !== undefined) progress.note('The server is back.');
        awaySince = undefined;
        for (const line of followed.linesOf?.(state, former) ?? []) progress.note(line);
        progress.show(followed.progressOf(state));
        const end = followed.endOf(state);
        if (end !== undefined) return { state, end };
        former = state;
      } catch (error) {
        if (!isPassing(error)) throw error;
        // Nothing has ever been there: a wrong address does not get right by waiting.
        const isThere = context.lastAnswer() !== undefined || !(error instanceof Unreachable) || error.mayHaveArrived;
        if (!isThere) throw error;
        if (awaySince === undefined) progress.note(`${error.message} Trying again.`);
        awaySince ??= context.now();
        if (context.now() - awaySince > PATIENCE_MS) throw error.advising(next);
      }
      if (timeLeft() <= 0) throw lateness();
      await context.sleep(Math.min(pause, timeLeft()));
      pause = Math.min(pause * PAUSES_MS.growth, PAUSES_MS.longest);
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new Failure(EXIT.interrupted, `No longer watching ${what}.`, { next });
  } finally {
    progress.end();
  }
}

/** Nobody there, or not able to at the moment: worth another try. */
export function isPassing(error: unknown): error is Failure {
  return error instanceof Unreachable || (error instanceof ApiFailure && error.status === 503);
}
