import type { ToldBuild } from '@quartermaster/notifications';
import type { Build } from '@quartermaster/stores';

/** What Slack is told of a build. */
export function tellBuild({ id, request }: Build, webUrl: string): ToldBuild {
  const { site, env, queue, role, instance_type, count } = request;
  return { id, href: `${webUrl}/instance-builds/${id}`, site, env, queue, role, instance_type, count };
}
