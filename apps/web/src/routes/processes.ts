import type { Discovery } from '@quartermaster/discovery';
import type { Route } from '../api.js';
import { loadOverview, secondsSince, type OverviewParts } from '../overview.js';

export interface ProcessesParts extends OverviewParts {
  /** Left out where there is no etcd. */
  readonly discovery: Discovery | undefined;
}

/** `GET /processes`: who is there, how full each queue is, how old each cache, whether this `web` knows all services. */
export function processesRoute({ discovery, ...parts }: ProcessesParts): Route {
  return {
    method: 'get',
    path: '/processes',
    access: 'token',
    doc: { summary: 'Who is there, how full the queues, how old the caches', answers: { 200: 'all of that' } },
    handle: async () => {
      const now = Date.now();
      const { processes, queues, caches, openJobs } = await loadOverview(parts, now);
      return {
        status: 200,
        json: {
          processes: processes.map(({ started_at, beat_at, ...process }) => ({
            ...process,
            started_at: new Date(started_at).toISOString(),
            uptime_seconds: secondsSince(started_at, now),
            last_beat_seconds: secondsSince(beat_at, now),
          })),
          queues,
          caches,
          open_jobs: openJobs,
          discovery: discovery === undefined ? 'off' : discovery.isCurrent() ? 'current' : 'behind',
        },
      };
    },
  };
}
