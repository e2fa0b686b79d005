import { planRefresh, type Ec2Port } from '@quartermaster/instances';
import type { InstanceCache } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

/** How far (ms) EC2's listing may lag behind what it answered to a launch or a termination. */
const GRACE_MS = 60_000;
/** A build or a termination may change the cache between plan and write: then the plan is made anew. */
const TRIES = 5;

/** Brings the cache of instances to what EC2 lists. When EC2 can't be reached it stays, and its age grows. */
export function createRefreshInstances(ec2: Ec2Port, cache: InstanceCache): Chore {
  return {
    name: 'refresh-instances',
    run: async (guard) => {
      const startedAt = Date.now();
      const listed = await ec2.listInstances();
      for (let attempt = 1; attempt <= TRIES; attempt += 1) {
        const [{ meta, instances: current }, forgotten] = await Promise.all([cache.loadAll(), cache.forgotten()]);
        const plan = planRefresh({ current, listed, forgotten, startedAt, graceMs: GRACE_MS });
        guard.assertHeld();
        if (await cache.applyRefresh(plan, meta.version, startedAt)) return;
      }
      throw new Error('The cache changed too fast to be refreshed');
    },
  };
}
