import { AppError, type Logger } from '@quartermaster/foundation';
import type { Ec2Port } from '@quartermaster/instances';
import type { InstanceCache, ProtectedInstances } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

export interface RefreshProtectionOptions {
  readonly ec2: Ec2Port;
  readonly cache: InstanceCache;
  readonly protectedInstances: ProtectedInstances;
  readonly log: Logger;
}

/** After EC2 has refused to tell (no right to, or no such call), this long (ms) passes before it is asked again. */
const REFUSED_MS = 600_000;
/** Instances looked at in one round: EC2 tells the attribute of one at a time, and counts each call. */
const BATCH = 10;

/** Learns which managed instances are protected against termination, so that `web` can refuse to terminate them at once. */
export function createRefreshProtection(options: RefreshProtectionOptions): Chore {
  const { ec2, cache, protectedInstances, log } = options;
  let refusedUntil = 0;
  return {
    name: 'refresh-protection',
    run: async (guard) => {
      if (Date.now() < refusedUntil) return;
      const { instances } = await cache.loadAll();
      const managed = [...instances.values()]
        .filter(({ instance }) => instance.managed)
        .map(({ instance }) => instance.id);
      await protectedInstances.keepOnly(new Set(managed));
      for (const id of await protectedInstances.nextToCheck(managed, BATCH)) {
        guard.assertHeld();
        try {
          const isProtected = await ec2.isTerminationProtected(id);
          if (isProtected !== undefined) await protectedInstances.note(id, isProtected, Date.now());
        } catch (error) {
          if (!(error instanceof AppError) || (error.kind === 'unavailable' && error.code !== 'ec2-not-authorized'))
            throw error;
          // Not a reason to fail round after round: a protected instance is then found out when it is to be terminated.
          refusedUntil = Date.now() + REFUSED_MS;
          log.warn('Termination protection can not be looked up', { error: error.message });
          return;
        }
      }
    },
  };
}
