import type { SeenWay } from '@quartermaster/couchdb';
import { TIME_BOUNDS, type Figures } from '@quartermaster/foundation';
import type { SeenProcess, SeenRing } from '@quartermaster/stores';
import { secondsSince, type Overview } from '../overview.js';
import { PROCESS_METRICS, type SharedMetricName } from './catalogue.js';

/** One line of what Prometheus reads. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where it is not the metric's own name: the parts of a histogram. */
  readonly metricName?: string;
}

/** What there is to show. */
export interface Observed {
  readonly overview: Overview;
  /** What living processes have handed over, by id. */
  readonly figures: ReadonlyMap<string, Figures>;
  /** Rings of CouchDB clusters. */
  readonly rings: readonly SeenRing[];
  /** What is wrong with Redis; `undefined`: it does not tell. */
  readonly redisProblems: readonly string[] | undefined;
  /** ms since 1970. */
  readonly now: number;
}

/** Everything that is shown, by metric. What a process that is gone has counted is not there any more. */
export function planSamples(observed: Observed): Map<string, Sample[]> {
  const { overview, figures } = observed;
  const living = overview.processes.filter(({ alive }) => alive);
  const samples = new Map<string, Sample[]>();
  for (const process of living) {
    const taken = figures.get(process.id);
    if (taken !== undefined) addFigures(samples, process, taken);
  }
  for (const [name, those] of Object.entries(planShared(observed, living))) samples.set(name, those);
  return samples;
}

function addFigures(samples: Map<string, Sample[]>, { process, id }: SeenProcess, figures: Figures): void {
  for (const [name, metric] of Object.entries(PROCESS_METRICS)) {
    const list = samples.get(name) ?? [];
    samples.set(name, list);
    const labelsOf = (joined: string): Sample['labels'] => {
      const values = joined.split('|');
      return { process, id, ...Object.fromEntries(metric.labels.map((label, i) => [label, values[i] ?? ''])) };
    };
    if (metric.type === 'histogram') {
      const series = Object.entries(figures.times[metric.figure] ?? {});
      list.push(...series.flatMap(([joined, slots]) => histogram(name, labelsOf(joined), slots)));
    } else {
      const series = (metric.type === 'counter' ? figures.counts : figures.levels)[metric.figure] ?? {};
      list.push(...Object.entries(series).map(([joined, value]) => ({ labels: labelsOf(joined), value })));
    }
  }
}

function histogram(name: string, labels: Sample['labels'], slots: readonly number[]): Sample[] {
  let count = 0;
  const upTo = [...TIME_BOUNDS, '+Inf'].map((le, slot) => {
    count += slots[slot] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...upTo,
    { metricName: `${name}_sum`, labels, value: slots[TIME_BOUNDS.length + 1] ?? 0 },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

const KINDS = ['web', 'worker', 'mini-worker'] as const;
const STATES = ['waiting', 'active', 'delayed', 'failed'] as const;
const WAY_STATES = [
  'running',
  'starting',
  'failing',
  'failed',
  'completed',
  'missing',
  'unknown',
] as const satisfies readonly SeenWay['state'][];

function planShared(
  { overview, rings, redisProblems, now }: Observed,
  living: readonly SeenProcess[],
): Record<SharedMetricName, Sample[]> {
  const { queues, caches, openJobs } = overview;
  const unfilledAge = ageOfUnfilled(living, now);
  const byQueue = (read: (queue: Overview['queues'][number]) => number): Sample[] =>
    queues.map((queue) => ({ labels: { queue: queue.name }, value: read(queue) }));
  return {
    quartermaster_process_info: living.map(({ process, id, version, host }) => ({
      labels: { process, id, version, host },
      value: 1,
    })),
    quartermaster_process_start_time_seconds: living.map(({ process, id, started_at }) => ({
      labels: { process, id },
      value: started_at / 1000,
    })),
    quartermaster_process_leads: living.flatMap(({ process, id, leads }) =>
      leads === undefined ? [] : [{ labels: { process, id }, value: Number(leads) }],
    ),
    // All kinds, always: an alert can not see what is missing.
    quartermaster_processes: KINDS.map((kind) => ({
      labels: { process: kind },
      value: living.filter(({ process }) => process === kind).length,
    })),
    quartermaster_queue_jobs: queues.flatMap((queue) =>
      STATES.map((state) => ({ labels: { queue: queue.name, state }, value: queue[state] })),
    ),
    quartermaster_queue_oldest_job_age_seconds: byQueue(({ oldest_seconds }) => oldest_seconds ?? 0),
    quartermaster_queue_workers: byQueue(({ workers }) => workers),
    quartermaster_queue_paused: byQueue(({ paused }) => Number(paused)),
    quartermaster_open_jobs: [{ labels: {}, value: openJobs }],
    quartermaster_cache_age_seconds: caches.flatMap(({ name, age_seconds }) => {
      const age = age_seconds ?? unfilledAge;
      return age === undefined ? [] : [{ labels: { cache: name }, value: age }];
    }),
    quartermaster_couchdb_ring_lag_changes: rings.flatMap(({ cluster, pending }) =>
      pending === undefined ? [] : [{ labels: { cluster }, value: pending }],
    ),
    quartermaster_couchdb_ring_ways: rings.flatMap(({ cluster, ways }) =>
      WAY_STATES.map((state) => ({ labels: { cluster, state }, value: ways[state] ?? 0 })),
    ),
    quartermaster_redis_warnings: redisProblems === undefined ? [] : [{ labels: {}, value: redisProblems.length }],
  };
}

/**
 * How long (s) a cache that was never filled has waited to be: since the mini-worker began that leads, or the oldest one
 * where none does. Without any there is an alert of its own.
 */
function ageOfUnfilled(living: readonly SeenProcess[], now: number): number | undefined {
  const miniWorkers = living.filter(({ process }) => process === 'mini-worker');
  const leading = miniWorkers.filter(({ leads }) => leads === true);
  const startedAt = (leading.length > 0 ? leading : miniWorkers).map(({ started_at }) => started_at);
  return startedAt.length === 0 ? undefined : secondsSince(Math.min(...startedAt), now);
}
