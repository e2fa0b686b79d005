/** Notices what does not move any more. It forgets with its process; another one begins to count anew. */
export interface Standstill {
  /** How long (ms) something has been seen where it is now; 0 when it has moved, or was not looked at for a while. */
  lasts(key: string, mark: number): number;
}

/** What was not looked at for so long (ms) may have moved and come back. */
const UNSEEN_MS = 60_000;

export function createStandstill(now: () => number): Standstill {
  const seen = new Map<string, { readonly mark: number; readonly since: number; readonly at: number }>();
  return {
    lasts: (key, mark) => {
      const time = now();
      for (const [other, { at }] of seen) if (time - at > UNSEEN_MS) seen.delete(other);
      const former = seen.get(key);
      const since = former?.mark === mark ? former.since : time;
      seen.set(key, { mark, since, at: time });
      return time - since;
    },
  };
}
