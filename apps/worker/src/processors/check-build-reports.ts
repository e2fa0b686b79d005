import { formatDuration } from '@quartermaster/foundation';
import type { PayloadOf, Processor } from '@quartermaster/jobs';
import { instancesUnreported } from '@quartermaster/notifications';
import type { Builds } from '@quartermaster/stores';
import type { Notify } from '../notify.js';
import { tellBuild } from '../tell-build.js';

export interface CheckReportsParts {
  readonly builds: Builds;
  readonly notify: Notify;
  readonly settings: { readonly webUrl: string; readonly reportTimeoutMs: number };
}

/** Names the instances that have not reported in time, on the build and in Slack, once. */
export function createCheckBuildReports(parts: CheckReportsParts): Processor<PayloadOf<'check-build-reports'>> {
  const { builds, notify, settings } = parts;
  return {
    run: async ({ build_id }, { journal, request_id, log }) => {
      const missing = await journal.step('mark-unreported', { act: () => builds.markUnreported(build_id) });
      const build = await builds.load(build_id);
      if (build === undefined || missing.length === 0) return;
      log.warn('Instances have not reported in time', { build_id, instance_ids: missing });
      const waited = formatDuration(settings.reportTimeoutMs);
      const text = instancesUnreported(tellBuild(build, settings.webUrl), missing, waited);
      const message = { event_id: `unreported-${build_id}`, channel: build.request.slack_channel, text };
      await notify(journal, message, request_id);
    },
  };
}
