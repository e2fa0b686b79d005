import type { Producer, QueueFigures } from '@quartermaster/jobs';
import type {
  ImageCache,
  InstanceCache,
  OpenJobs,
  ProcessBoard,
  SeenProcess,
  StackCache,
  ZoneCache,
} from '@quartermaster/stores';

export interface OverviewParts {
  readonly board: Pick<ProcessBoard, 'list'>;
  readonly producer: Pick<Producer, 'inspect'>;
  readonly openJobs: Pick<OpenJobs, 'count'>;
  readonly instances: Pick<InstanceCache, 'meta'>;
  readonly images: Pick<ImageCache, 'load'>;
  readonly stacks: Pick<StackCache, 'meta'>;
  readonly zones: Pick<ZoneCache, 'load'>;
}

/** The whole installation at a glance. */
export interface Overview {
  readonly processes: readonly SeenProcess[];
  /** With the living processes that serve each, and how long (s) its oldest job has waited. */
  readonly queues: readonly (Omit<QueueFigures, 'oldest_at'> & {
    readonly oldest_seconds: number | null;
    readonly workers: number;
  })[];
  /** `null`: never filled. */
  readonly caches: readonly { readonly name: string; readonly age_seconds: number | null }[];
  readonly openJobs: number;
}

export async function loadOverview(parts: OverviewParts, now: number): Promise<Overview> {
  const { board, producer, openJobs, instances, images, stacks, zones } = parts;
  const [processes, queues, open, instanceMeta, { meta: imageMeta }, stackMeta, { meta: zoneMeta }] = await Promise.all(
    [
      board.list(now),
      producer.inspect(),
      openJobs.count(),
      instances.meta(),
      images.load(),
      stacks.meta(),
      zones.load(),
    ],
  );
  const age = (refreshedAt: number): number | null => (refreshedAt === 0 ? null : secondsSince(refreshedAt, now));
  return {
    processes,
    queues: queues.map(({ oldest_at, ...queue }) => ({
      ...queue,
      oldest_seconds: oldest_at === undefined ? null : secondsSince(oldest_at, now),
      workers: processes.filter(({ alive, queues: served }) => alive && served.includes(queue.name)).length,
    })),
    caches: [
      { name: 'instances', age_seconds: age(instanceMeta.refreshed_at) },
      { name: 'images', age_seconds: age(imageMeta.refreshed_at) },
      { name: 'stacks', age_seconds: age(stackMeta.refreshed_at) },
      { name: 'zones', age_seconds: age(zoneMeta.refreshed_at) },
    ],
    openJobs: open,
  };
}

/** Whole seconds; never below 0, as clocks differ. */
export function secondsSince(then: number, now: number): number {
  return Math.max(0, Math.round((now - then) / 1000));
}
