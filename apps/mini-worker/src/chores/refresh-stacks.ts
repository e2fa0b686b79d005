import type { StackSource } from '@quartermaster/stacks';
import type { StackCache } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** Brings the cache of stacks to what their source tells. When that can't be reached it stays, and its age grows. */
export function createRefreshStacks(stacks: Pick<StackSource, 'loadFleet'>, cache: StackCache): Chore {
  return {
    name: 'refresh-stacks',
    run: async (guard) => {
      const startedAt = Date.now();
      const fleet = await stacks.loadFleet();
      guard.assertHeld();
      await cache.replace(fleet, startedAt);
    },
  };
}
