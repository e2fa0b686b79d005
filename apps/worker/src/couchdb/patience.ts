import type { Journal } from '@quartermaster/jobs';

/** Knows for how long operations do not get on. It forgets with its process; another one begins to count anew. */
export interface Patience {
  /** An operation has failed for want of an answer: how long (ms) it does so since it got on. */
  fails(id: string): number;
  getsOn(id: string): void;
}

/** What has not failed here for so long (ms) may have got on in another process. */
const UNSEEN_MS = 900_000;

export function createPatience(now: () => number): Patience {
  const failing = new Map<string, { readonly since: number; readonly at: number }>();
  return {
    fails: (id) => {
      const time = now();
      for (const [other, { at }] of failing) if (time - at > UNSEEN_MS) failing.delete(other);
      const since = failing.get(id)?.since ?? time;
      failing.set(id, { since, at: time });
      return time - since;
    },
    getsOn: (id) => void failing.delete(id),
  };
}

/** The same journal; `onStep` is called for every step that it records anew. */
export function watchSteps(journal: Journal, onStep: () => void): Journal {
  return {
    guard: journal.guard,
    holder: journal.holder,
    close: (done) => journal.close(done),
    step: async (name, effect) => {
      let isNew = false;
      const value = await journal.step(name, {
        ...effect,
        act: async (guard) => {
          const result = await effect.act(guard);
          isNew = true;
          return result;
        },
      });
      if (isNew) onStep();
      return value;
    },
  };
}
