import { toErrorRecord, type ErrorRecord } from '@quartermaster/foundation';
import type { Journal, PayloadOf, Processor } from '@quartermaster/jobs';
import { buildFailed, buildFinished, buildIncomplete, buildLaunched, buildStored } from '@quartermaster/notifications';
import type { Build } from '@quartermaster/stores';
import {
  createScriptOf,
  launch,
  nameInstances,
  planBuild,
  provideGroup,
  startBuild,
  storeInitScript,
  type BuildInstancesParts,
} from '../build-steps.js';
import { describeMessage, type Message } from '../notify.js';
import { tellBuild } from '../tell-build.js';

/** Carries out one build, step by step; a retry goes on after the last recorded step. */
export function createBuildInstances(parts: BuildInstancesParts): Processor<PayloadOf<'build-instances'>> {
  const { builds, producer, notify, settings } = parts;

  return {
    run: async ({ build_id }, { journal, log, request_id }) => {
      const build = await builds.load(build_id);
      if (build === undefined) {
        log.warn('A build is not kept any more; nothing to do', { build_id });
        return await builds.release(build_id);
      }
      // A worker died while it gave up: the rest of that is still to be done.
      if (build.error !== undefined) return await endFailed(parts, journal, build, build.error, request_id);
      const { request } = build;
      const told = tellBuild(build, settings.webUrl);
      const message = (event: string, text: string): Message => ({
        event_id: `${event}-${build_id}`,
        channel: request.slack_channel,
        text,
      });

      if (!request.boot_instance) {
        await storeInitScript(parts, journal, build, createScriptOf(parts, build));
        await journal.step('finish-build', { act: () => builds.finish(build_id, Date.now()) });
        return await notify(journal, message('stored', buildStored(told)), request_id);
      }

      const plan = await planBuild(parts, journal, build);
      const { ami } = plan.image;
      const groupId = await provideGroup(parts, journal, build, plan.vpc_id);
      const scriptOf = createScriptOf(parts, { ...build, request: { ...request, ami } });
      await storeInitScript(parts, journal, build, scriptOf);
      const instances = await launch(parts, journal, build, plan, groupId);
      const ids = instances.map(({ id }) => id);

      const due_at = Date.now() + settings.reportTimeoutMs;
      const started = message('started', buildLaunched(told, { ami, instance_ids: ids }));
      const jobs = [
        producer.describe('check-build-reports', { build_id }, { request_id, due_at }),
        ...describeMessage(producer, started, request_id),
      ];
      const outcome = await startBuild(parts, journal, build, { instances, jobs, scriptOf });
      if (outcome === 'failed') {
        // A worker that was thought dead has given the build up meanwhile: what runs is not wanted.
        const given = await builds.load(build_id);
        if (given?.error !== undefined) await endFailed(parts, journal, given, given.error, request_id);
        return;
      }
      // Otherwise the last report tells of it.
      if (outcome === 'finished' && ids.length > 1) {
        await notify(journal, message('finished', buildFinished(told, ids)), request_id);
      }
      // Last, for it is the one that EC2 may refuse for a while, and nobody waits for it.
      await nameInstances(parts, journal, build, instances);
    },

    giveUp: async ({ build_id }, error, { journal, request_id }) => {
      const build = await builds.load(build_id);
      if (build !== undefined) await endFailed(parts, journal, build, toErrorRecord(error), request_id);
    },
  };
}

/** The build can not be done, or, where its instances run already, not be completed: says so and has it cleaned up. */
async function endFailed(
  { builds, producer, notify, settings }: BuildInstancesParts,
  journal: Journal,
  build: Build,
  reason: ErrorRecord,
  requestId: string | undefined,
): Promise<void> {
  const told = tellBuild(build, settings.webUrl);
  const channel = build.request.slack_channel;
  if (build.state === 'started' || build.state === 'finished') {
    const text = buildIncomplete(told, reason.message);
    return notify(journal, { event_id: `incomplete-${build.id}`, channel, text }, requestId);
  }
  await journal.step('fail-build', { act: () => builds.fail(build.id, reason, Date.now()) });
  await journal.step('clean-up', {
    act: async () => {
      const payload = { build_id: build.id, cause: build.id };
      await producer.enqueue('clean-up-build', payload, { request_id: requestId });
    },
  });
  const text = buildFailed(told, reason.message);
  await notify(journal, { event_id: `failed-${build.id}`, channel, text }, requestId);
}
