import type { Logger } from '@quartermaster/foundation';
import type { Ec2Port } from '@quartermaster/instances';
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
  let sweptAt = 0;
  return {
    name: 'sweep-orphans',
    run: async (guard) => {
      if (now() - sweptAt < EVERY_MS) return;
      for (const group of await ec2.listSecurityGroups(installId)) {
        if (group.build_id === '') continue;
        const build = await builds.load(group.build_id);
        const endedAt = build === undefined ? 0 : Date.parse(build.finished_at ?? '');
        if (build?.state === 'pending' || build?.state === 'started' || now() - endedAt < ENDED_MS) continue;
        const living = (await ec2.listInstancesOfBuild(group.build_id)).some(({ state }) => state !== 'terminated');
        if (living) continue;
        if (await ec2.deleteSecurityGroup(group.id, guard)) {
          log.info('Removed the security group of an ended build', { group_id: group.id, build_id: group.build_id });
        }
      }
      sweptAt = now();
    },
  };
}
