import { throttling } from './errors.js';

export interface RateLimit {
  /** Throws `Throttling` where the account has had its requests of this second. */
  spend(): void;
  clear(): void;
}

const REQUESTS = 5;
const WINDOW_MS = 1000;

/** "Five requests per second per AWS account" (Quotas), taken at its word: never more in any second. */
export function createRateLimit(now: () => number): RateLimit {
  let recent: number[] = [];
  return {
    spend() {
      const time = now();
      recent = recent.filter((at) => time - at < WINDOW_MS);
      if (recent.length >= REQUESTS) throw throttling();
      recent.push(time);
    },
    clear() {
      recent = [];
    },
  };
}
