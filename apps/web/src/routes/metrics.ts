import type { Heart, ProcessBoard, SeenRing } from '@quartermaster/stores';
import type { Route } from '../api.js';
import type { DurabilityLook } from '../durability-look.js';
import { planSamples } from '../metrics/samples.js';
import { loadOverview, type OverviewParts } from '../overview.js';

export interface MetricsParts extends OverviewParts {
  readonly board: ProcessBoard;
  readonly heart: Pick<Heart, 'handOver'>;
  /** Rings of all CouchDB clusters, as far as they were seen. */
  readonly loadRings: () => Promise<SeenRing[]>;
  readonly findRedisProblems: DurabilityLook;
}

/**
 * `GET /metrics`: all processes, whichever `web` is asked. This one hands its figures over first and reads all of them from
 * Redis, so that no counter goes back when the next scrape reaches another `web`.
 */
export function metricsRoute({ heart, loadRings, findRedisProblems, ...parts }: MetricsParts): Route {
  return {
    method: 'get',
    path: '/metrics',
    access: 'metrics',
    doc: {
      summary: 'Figures for Prometheus',
      description: 'Of all processes. An admin token, or METRICS_TOKEN, which opens nothing else.',
      answers: { 200: { says: 'the text format of Prometheus', types: ['text/plain'] } },
    },
    handle: async () => {
      // A Redis that is full can still be read: its figures count most then.
      await heart.handOver().catch(() => undefined);
      const now = Date.now();
      const overview = await loadOverview(parts, now);
      const ids = overview.processes.filter(({ alive }) => alive).map(({ id }) => id);
      const figures = await parts.board.loadFigures(ids);
      // A Redis that keeps its settings to itself still has the figures.
      const redisProblems = await findRedisProblems().catch(() => undefined);
      const samples = planSamples({ overview, figures, rings: await loadRings(), redisProblems, now });
      // Loaded where somebody scrapes only.
      const { CONTENT_TYPE, writeMetrics } = await import('../metrics/write.js');
      return {
        status: 200,
        headers: { 'Content-Type': CONTENT_TYPE, 'Cache-Control': 'no-store' },
        content: await writeMetrics(samples),
      };
    },
  };
}
