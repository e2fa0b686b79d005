// POST /instance-builds, 50 connections, against bare Express + joi + `queue.add`.
import { compare } from '../load.mjs';
import { startServer, startWeb, TOKEN } from '../processes.mjs';

export const BODY = JSON.stringify({
  instance_builds: { site: 'org', env: 'staging', instance_type: 'c3.2xlarge', queue: 'docker' },
});
const HEADERS = { 'content-type': 'application/json', authorization: `token ${TOKEN}` };

/** Every request is a build of its own; no worker runs; Redis is emptied before every round. */
export async function benchInstanceBuilds({ redis, rounds, seconds }) {
  const web = await startWeb(redis.url);
  const bare = await startServer('bench/baselines/post-and-add.mjs', { REDIS_PORT: String(redis.port) });
  const request = { method: 'POST', headers: HEADERS, body: BODY };
  const { ratio, p99Ratio, ...figures } = await compare({
    baseline: { ...request, url: `${bare.url}/instance-builds` },
    product: { ...request, url: `${web.url}/instance-builds` },
    rounds,
    seconds,
    prepare: () => redis.client.flushall(),
  });
  await Promise.all([web.stop(), bare.stop()]);
  const name = 'POST /instance-builds, 50 connections';
  const against = 'Express + joi + queue.add';
  return [
    { name, against, unit: 'req/s', figure: ratio, goal: { atLeast: 0.8 }, ...figures },
    { name: `${name}, p99`, against, unit: 'ms (p99)', figure: p99Ratio, goal: { atMost: 1.3 }, ...latencies(figures) },
  ];
}

function latencies({ baseline, product }) {
  return { baseline: { rate: baseline.p99 }, product: { rate: product.p99 } };
}
