// Load from a process of its own, and the comparison of two servers under it.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const CONNECTIONS = 50;

/** One round of load: `{ url, method?, headers?, body?, seconds, connections? }` → requests/s, latency in ms, bytes. */
export async function load(request) {
  const generator = join(import.meta.dirname, 'load-generator.mjs');
  const options = { connections: CONNECTIONS, expected: [200, 202], ...request };
  const { stdout } = await run(process.execPath, [generator, JSON.stringify(options)], { maxBuffer: 10_000_000 });
  const result = JSON.parse(stdout);
  if (result.failed > 0) throw new Error(`${request.url}: ${result.failed} requests failed (${result.statuses})`);
  return result;
}

/**
 * Baseline and product in turn: A B A B …, so that whatever else the machine does meets both. `prepare` runs before every
 * round. Returns the medians, and the medians of the ratios of each pair.
 */
export async function compare({ baseline, product, rounds, seconds, prepare = async () => {} }) {
  const pairs = [];
  for (const warmUp of [baseline, product]) {
    await prepare();
    await load({ ...warmUp, seconds: 1 });
  }
  for (let round = 0; round < rounds; round += 1) {
    await prepare();
    const a = await load({ ...baseline, seconds });
    await prepare();
    const b = await load({ ...product, seconds });
    pairs.push({ baseline: a, product: b, ratio: b.rate / a.rate, p99Ratio: b.p99 / a.p99 });
  }
  return {
    baseline: summary(pairs.map((pair) => pair.baseline)),
    product: summary(pairs.map((pair) => pair.product)),
    ratio: median(pairs.map((pair) => pair.ratio)),
    p99Ratio: median(pairs.map((pair) => pair.p99Ratio)),
    ratios: pairs.map((pair) => Number(pair.ratio.toFixed(2))),
  };
}

function summary(rounds) {
  return { rate: Math.round(median(rounds.map(({ rate }) => rate))), p99: median(rounds.map(({ p99 }) => p99)) };
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
