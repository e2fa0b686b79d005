import { isLeaving, type Ec2Port } from '@quartermaster/instances';
import { RetryLater, type PayloadOf, type Processor } from '@quartermaster/jobs';
import type { Builds } from '@quartermaster/stores';

export interface CleanUpParts {
  readonly ec2: Ec2Port;
  readonly builds: Builds;
  readonly installId: string;
  /** The first pause (ms) while something still uses the group; it doubles, up to sixteen times as long. */
  readonly pauseMs: number;
  readonly now: () => number;
}

/**
 * How long (ms) after a build failed its instances may still come to light: a launch whose answer was lost shows up in
 * EC2's listing a little later.
 */
const SETTLE_MS = 60_000;
/** After this (ms) the sweep of the mini-worker goes on, which tries more rarely. */
const PATIENCE_MS = 3_600_000;

/** Ends what a failed build left running; removes the group that a build made once none of its instances is left. */
export function createCleanUpBuild(parts: CleanUpParts): Processor<PayloadOf<'clean-up-build'>> {
  const { ec2, builds, installId, pauseMs, now } = parts;

  return {
    run: async ({ build_id }, { journal, log }) => {
      const began = await journal.step('begin', { act: () => Promise.resolve(now()) });
      const build = await builds.load(build_id);
      const instances = (await ec2.listInstancesOfBuild(build_id)).filter(({ state }) => !isLeaving(state));
      if (instances.length > 0 && build?.state !== 'failed') return;

      const ids = instances.map(({ id }) => id);
      if (ids.length > 0) {
        log.warn('A failed build has left instances running; terminating them', { build_id, instance_ids: ids });
        const step = `terminate-${ids.sort().join('-')}`.slice(0, 200);
        await journal.step(step, { act: (guard) => ec2.terminateInstances(ids, guard) });
      }

      const groups = (await ec2.listSecurityGroups(installId)).filter((group) => group.build_id === build_id);
      for (const { id } of groups) {
        await journal.step(`delete-security-group-${id}`, {
          act: async (guard) => {
            if (await ec2.deleteSecurityGroup(id, guard)) return true;
            const age = now() - began;
            if (age <= PATIENCE_MS) throw new RetryLater(Math.min(Math.max(pauseMs, age), pauseMs * 16));
            log.warn('A security group is still in use; the sweep goes on with it', { group_id: id, waited_ms: age });
            return false;
          },
        });
      }
      // With its group gone nothing of the build can be left; without one, look once more when EC2's lists have settled.
      const mayHideInstances = build?.state === 'failed' && build.request.security_group_id !== undefined;
      if (mayHideInstances && now() - began < SETTLE_MS) throw new RetryLater(SETTLE_MS / 2);
    },
  };
}
