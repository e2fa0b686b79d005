import { createHash } from 'node:crypto';
import { AppError, describeError, toErrorRecord } from '@quartermaster/foundation';
import { isLeaving, type Ec2Port } from '@quartermaster/instances';
import { RetryLater, type JobContext, type PayloadOf, type Processor } from '@quartermaster/jobs';
import { cleanUpFailed } from '@quartermaster/notifications';
import type { Builds } from '@quartermaster/stores';
import type { Notify } from '../notify.js';
import { tellBuild } from '../tell-build.js';

export interface CleanUpParts {
  readonly ec2: Ec2Port;
  readonly builds: Builds;
  readonly installId: string;
  readonly notify: Notify;
  readonly webUrl: string;
  /** The first pause (ms) before looking again; it doubles, up to sixteen times as long. */
  readonly pauseMs: number;
  readonly now: () => number;
}

/**
 * How long (ms) after a build failed its instances may still come to light: a launch whose answer was lost shows up in
 * EC2's listing a little later.
 */
const SETTLE_MS = 60_000;
/** How long (ms) EC2's list may still show an instance as running whose termination it has accepted. */
const LAG_MS = 30_000;
/** After this (ms) the sweep of the mini-worker goes on with a group, which tries more rarely. */
const PATIENCE_MS = 3_600_000;

/** Ends what a failed build left running; removes the group that a build made once none of its instances is left. */
export function createCleanUpBuild(parts: CleanUpParts): Processor<PayloadOf<'clean-up-build'>> {
  const { pauseMs, now } = parts;

  return {
    run: async ({ build_id }, context) => {
      const began = await context.journal.step('begin', { act: () => Promise.resolve(now()) });
      const lookAgain = (): RetryLater => {
        return new RetryLater(Math.min(Math.max(pauseMs, now() - began), pauseMs * 16));
      };
      try {
        await cleanUp(parts, build_id, { ...context, began, lookAgain });
      } catch (error) {
        // Not given up however long EC2 is away: nobody else would end what still runs. That EC2 does not know an id which
        // it has just listed means not everywhere yet, or not any more.
        const passes =
          error instanceof AppError && (error.kind === 'unavailable' || error.code === 'instance-not-found');
        if (!passes) throw error;
        context.log.warn('Cleaning up has to wait', { build_id, error: describeError(error), code: error.code });
        throw lookAgain();
      }
    },

    giveUp: async ({ build_id, cause }, error, { journal, request_id }) => {
      const build = await parts.builds.load(build_id);
      if (build === undefined) return;
      const text = cleanUpFailed(tellBuild(build, parts.webUrl), toErrorRecord(error).message);
      const message = { event_id: `uncleaned-${cause}`, channel: build.request.slack_channel, text };
      await parts.notify(journal, message, request_id);
    },
  };
}

interface CleanUpContext extends JobContext {
  /** When this clean-up ran for the first time (ms since 1970). */
  readonly began: number;
  readonly lookAgain: () => RetryLater;
}

async function cleanUp(
  { ec2, builds, installId, now }: CleanUpParts,
  buildId: string,
  { journal, log, began, lookAgain }: CleanUpContext,
): Promise<void> {
  const build = await builds.load(buildId);
  // Not decided yet whether what runs is wanted, and its group needed.
  if (build?.state === 'pending') throw lookAgain();
  const instances = (await ec2.listInstancesOfBuild(buildId)).filter(({ state }) => !isLeaving(state));
  if (instances.length > 0 && build?.state !== 'failed') {
    // EC2's list may lag behind the termination that we come from.
    if (now() - began < LAG_MS) throw lookAgain();
    return;
  }

  const ids = instances.map(({ id }) => id).sort();
  if (ids.length > 0) {
    log.warn('A failed build has left instances running; terminating them', { build_id: buildId, instance_ids: ids });
    const name = createHash('sha256').update(ids.join()).digest('hex').slice(0, 16);
    await journal.step(`terminate-${name}`, { act: (guard) => ec2.terminateInstances(ids, guard) });
  }

  const groups = (await ec2.listSecurityGroups(installId)).filter((group) => group.build_id === buildId);
  for (const { id } of groups) {
    await journal.step(`delete-security-group-${id}`, {
      act: async (guard) => {
        if (await ec2.deleteSecurityGroup(id, guard)) return true;
        const age = now() - began;
        if (age <= PATIENCE_MS) throw lookAgain();
        log.warn('A security group is still in use; the sweep goes on with it', { group_id: id, waited_ms: age });
        return false;
      },
    });
  }
  // With its group gone nothing of the build can be left; without one, look once more when EC2's lists have settled.
  const mayHideInstances = build?.state === 'failed' && groups.length === 0;
  if (mayHideInstances && now() - began < SETTLE_MS) throw new RetryLater(SETTLE_MS / 2);
}
