import { AppError, type EffectGuard, type Logger } from '@quartermaster/foundation';
import type { CloudSecurityGroup, Ec2Port } from '@quartermaster/instances';
import type { Builds } from '@quartermaster/stores';
import type { Chore } from '../loop.js';

export interface SweepOptions {
  readonly ec2: Ec2Port;
  readonly builds: Builds;
  readonly installId: string;
  readonly log: Logger;
  readonly now: () => number;
}

/** How long (ms) after a build ended its group is nobody's. */
const ENDED_MS = 3_600_000;
/** How rarely (ms) the sweep runs: it is for what everything else has missed. */
const EVERY_MS = 300_000;

/**
 * Removes security groups that carry this installation's tag, whose build ended an hour ago (or is not kept any more) and
 * which no network interface uses. Nothing else: EC2 itself refuses to delete a group in use.
 */
export function createSweepOrphans({ ec2, builds, installId, log, now }: SweepOptions): Chore {
  let sweptAt = -Infinity;

  /** Group id → since when we have seen it without knowing its build. */
  const unknownSince = new Map<string, number>();

  const isOrphan = async ({ id, build_id }: CloudSecurityGroup): Promise<boolean> => {
    if (build_id === '') return false;
    const build = await builds.load(build_id);
    // A build that we can't read may be another installation's of the same name: an hour of watching takes the place of
    // an end. One that has started ends here when all its instances are gone, though not all of them have reported.
    if (build === undefined && !unknownSince.has(id)) unknownSince.set(id, now());
    const endedAt =
      build === undefined ? (unknownSince.get(id) ?? now()) : Date.parse(build.finished_at ?? build.started_at ?? '');
    if (build?.state === 'pending' || !(now() - endedAt >= ENDED_MS)) return false;
    return (await ec2.listInstancesOfBuild(build_id)).every(({ state }) => state === 'terminated');
  };

  const remove = async ({ id, build_id }: CloudSecurityGroup, guard: EffectGuard): Promise<void> => {
    try {
      if (await ec2.deleteSecurityGroup(id, guard)) {
        log.info('Removed the security group of an ended build', { group_id: id, build_id });
      }
    } catch (error) {
      // One that EC2 refuses for good must not keep the others.
      if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
      log.warn('The security group of an ended build can not be removed', { group_id: id, error: error.message });
    }
  };

  return {
    name: 'sweep-orphans',
    run: async (guard) => {
      if (now() - sweptAt < EVERY_MS) return;
      const groups = await ec2.listSecurityGroups(installId);
      for (const group of groups) {
        if (await isOrphan(group)) await remove(group, guard);
      }
      const listed = new Set(groups.map(({ id }) => id));
      for (const id of unknownSince.keys()) if (!listed.has(id)) unknownSince.delete(id);
      sweptAt = now();
    },
  };
}
