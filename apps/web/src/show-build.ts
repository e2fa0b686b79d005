import type { StepRecord } from '@quartermaster/jobs';
import type { ToldBuild } from '@quartermaster/notifications';
import type { Build } from '@quartermaster/stores';

export function buildHref(id: string): string {
  return `/instance-builds/${id}`;
}

/** A build as the API answers it. */
export function showBuild(build: Build, steps?: readonly StepRecord[]): object {
  const { id, state, request, instance_ids, reports, unreported, error } = build;
  return {
    id,
    href: buildHref(id),
    state,
    ...request,
    request_id: build.request_id,
    instance_ids,
    reports,
    ...(unreported.length === 0 ? {} : { unreported }),
    ...(error === undefined ? {} : { error }),
    created_at: build.created_at,
    ...(build.started_at === undefined ? {} : { started_at: build.started_at }),
    ...(build.finished_at === undefined ? {} : { finished_at: build.finished_at }),
    ...(steps === undefined ? {} : { steps }),
  };
}

/** What Slack is told of a build. */
export function tellBuild({ id, request }: Build, webUrl: string): ToldBuild {
  const { site, env, queue, role, instance_type, count } = request;
  return { id, href: webUrl + buildHref(id), site, env, queue, role, instance_type, count };
}
