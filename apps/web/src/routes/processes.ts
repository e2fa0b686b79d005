import type { Discovery } from '@quartermaster/discovery';
import type { Producer } from '@quartermaster/jobs';
import type { ImageCache, InstanceCache, OpenJobs, ProcessBoard, StackCache, ZoneCache } from '@quartermaster/stores';
import type { Route } from '../api.js';

export interface ProcessesParts {
  readonly board: ProcessBoard;
  readonly producer: Producer;
  readonly openJobs: OpenJobs;
  readonly instances: InstanceCache;
  readonly images: ImageCache;
  readonly stacks: StackCache;
  readonly zones: ZoneCache;
  /** Left out where there is no etcd. */
  readonly discovery: Discovery | undefined;
}

/** `GET /processes`: who is there, how full each queue is, how old each cache, whether this `web` knows all services. */
export function processesRoute({
  board,
  producer,
  openJobs,
  instances,
  images,
  stacks,
  zones,
  discovery,
}: ProcessesParts): Route {
  return {
    method: 'get',
    path: '/processes',
    access: 'token',
    handle: async () => {
      const now = Date.now();
      const seconds = (since: number): number => Math.max(0, Math.round((now - since) / 1000));
      const [processes, queues, open, instanceMeta, { meta: imageMeta }, stackMeta, { meta: zoneMeta }] =
        await Promise.all([
          board.list(now),
          producer.inspect(),
          openJobs.count(),
          instances.meta(),
          images.load(),
          stacks.meta(),
          zones.load(),
        ]);
      const age = (refreshedAt: number): number | null => (refreshedAt === 0 ? null : seconds(refreshedAt));
      const servedBy = (queue: string): number =>
        processes.filter((process) => process.alive && process.queues.includes(queue)).length;
      return {
        status: 200,
        json: {
          processes: processes.map(({ started_at, beat_at, ...process }) => ({
            ...process,
            started_at: new Date(started_at).toISOString(),
            uptime_seconds: seconds(started_at),
            last_beat_seconds: seconds(beat_at),
          })),
          queues: queues.map(({ oldest_at, ...queue }) => ({
            ...queue,
            oldest_seconds: oldest_at === undefined ? null : seconds(oldest_at),
            workers: servedBy(queue.name),
          })),
          caches: [
            { name: 'instances', age_seconds: age(instanceMeta.refreshed_at) },
            { name: 'images', age_seconds: age(imageMeta.refreshed_at) },
            { name: 'stacks', age_seconds: age(stackMeta.refreshed_at) },
            { name: 'zones', age_seconds: age(zoneMeta.refreshed_at) },
          ],
          open_jobs: open,
          discovery: discovery === undefined ? 'off' : discovery.isCurrent() ? 'current' : 'behind',
        },
      };
    },
  };
}
