import { AggregatorRegistry } from 'prom-client';
import { METRICS } from './catalogue.js';
import type { Sample } from './samples.js';

/** Prometheus' text format (`text/plain; version=0.0.4`), each metric with its help and type. */
export function writeMetrics(samples: ReadonlyMap<string, readonly Sample[]>): Promise<string> {
  const all = Object.entries(METRICS).map(([name, { type, help }]) => ({
    name,
    type,
    help,
    values: samples.get(name) ?? [],
    // Each value stands for itself; there is nothing to sum.
    aggregator: 'first',
  }));
  return AggregatorRegistry.aggregate([all]).metrics();
}

export const CONTENT_TYPE = AggregatorRegistry.PROMETHEUS_CONTENT_TYPE;
