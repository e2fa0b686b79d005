/** The longest (s) that an answer is held back: routers cut requests after 30 s. */
const LONGEST_WAIT_S = 25;
/** The same in ms, for what waits without having been asked to. */
export const LONGEST_WAIT_MS = LONGEST_WAIT_S * 1000;

export interface Preference {
  /** ms, or `undefined` where the caller does not want to wait. */
  readonly waitMs: number | undefined;
  readonly respondAsync: boolean;
  /** For the header `Preference-Applied`. */
  readonly applied: string | undefined;
}

const NONE: Preference = { waitMs: undefined, applied: undefined, respondAsync: false };

/**
 * Reads `Prefer: wait=N` and `respond-async` (RFC 7240). A preference that can't be read is ignored, as it asks.
 * `unlessSaid`: how long (ms) a caller waits who says neither; by default not at all.
 */
export function parsePrefer(header: string | undefined, unlessSaid?: number): Preference {
  if (header === undefined) return unlessSaid === undefined ? NONE : { ...NONE, waitMs: unlessSaid };
  // Parameters behind a semicolon belong to preferences that we don't know.
  const preferences = header.split(',').map((part) => (part.split(';')[0] ?? '').trim().toLowerCase());
  const wait = preferences
    .map((part) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(part)?.[1])
    .find((value) => value !== undefined);
  const respondAsync = preferences.includes('respond-async');
  if (wait === undefined) {
    if (respondAsync) return { waitMs: undefined, respondAsync, applied: 'respond-async' };
    return { waitMs: unlessSaid, respondAsync, applied: undefined };
  }
  // Together with `respond-async` it means: wait so long, then answer 202 (RFC 7240, 4.3). That is what waiting does.
  const seconds = Math.min(Number(wait), LONGEST_WAIT_S);
  return { waitMs: seconds * 1000, respondAsync, applied: `wait=${seconds}` };
}

/** Looks again and again until `isDone`, `waitMs` at most; what was seen last. */
export async function waitFor<T>(look: () => Promise<T>, isDone: (seen: T) => boolean, waitMs: number): Promise<T> {
  const end = performance.now() + waitMs;
  let pause = 50;
  for (;;) {
    const seen = await look();
    const left = end - performance.now();
    if (isDone(seen) || left <= 0) return seen;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
    pause = Math.min(pause * 1.5, 400);
  }
}
