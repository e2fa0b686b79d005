import { findDurabilityProblems, type Redis } from '@quartermaster/stores';

/** What is wrong with Redis for our purpose; empty when nothing is. */
export type DurabilityLook = () => Promise<readonly string[]>;

/** How long (ms) a look at Redis's settings counts. */
const LOOK_MS = 30_000;

export function createDurabilityLook(redis: Redis): DurabilityLook {
  let problems: readonly string[] = [];
  let lookedAt = 0;
  return async () => {
    if (Date.now() - lookedAt > LOOK_MS) {
      problems = await findDurabilityProblems(redis);
      lookedAt = Date.now();
    }
    return problems;
  };
}
