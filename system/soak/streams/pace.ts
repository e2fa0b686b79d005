import { setTimeout as sleep } from 'node:timers/promises';

/** Lets work begin at a steady rate, however long each piece takes, up to a number at once. */
export interface Pace {
  /** Waits until the next piece may begin; false when the time is over. */
  turn(): Promise<boolean>;
  begin(work: Promise<void>): void;
  /** Waits for what was begun; throws what a piece threw. */
  end(): Promise<void>;
}

export function createPace(rate: number, mostAtOnce: number, signal: AbortSignal): Pace {
  const startedAt = performance.now();
  const running = new Set<Promise<void>>();
  const errors: unknown[] = [];
  let begun = 0;

  return {
    turn: async () => {
      while (!signal.aborted && errors.length === 0) {
        const isDue = begun < ((performance.now() - startedAt) / 1000) * rate;
        if (isDue && running.size < mostAtOnce) {
          begun += 1;
          return true;
        }
        await sleep(10);
      }
      return false;
    },
    begin: (work) => {
      const tracked = work.catch((error: unknown) => void errors.push(error)).finally(() => running.delete(tracked));
      running.add(tracked);
    },
    end: async () => {
      await Promise.all(running);
      if (errors.length > 0) throw errors[0];
    },
  };
}
