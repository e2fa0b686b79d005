import { PROGRAM, type Context } from '../context.js';
import { spanOf } from '../output/time.js';

/** Seconds: the mini-worker reads a cache every half minute, and after three rounds that came to nothing it is worth a word. */
const OLD_SECONDS = 90;

/** What is said of an answer from a cache, without a full stop. */
export interface CacheWords {
  /** The cache was never filled: what is empty means nothing then. */
  readonly never: string;
  /** @param age e.g. `3m 20s`. */
  old(age: string): string;
}

/** Says so where what the server keeps of others is old, or was never read. */
export function noteCacheAge({ print }: Pick<Context, 'print'>, headers: Headers, words: CacheWords): void {
  const age = headers.get('x-cache-age');
  if (age !== null && !(Number(age) > OLD_SECONDS)) return;
  const state = age === null ? words.never : words.old(spanOf(Number(age)));
  print.note(print.colors.yellow(`${state}. \`${PROGRAM} doctor\` shows why.`));
}
