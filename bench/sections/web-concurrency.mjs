// WEB_CONCURRENCY=2 against one process.
import { writeFleet } from '../fleet.mjs';
import { compare } from '../load.mjs';
import { startWeb, TOKEN } from '../processes.mjs';
import { BODY } from './instance-builds.mjs';

export async function benchWebConcurrency({ redis, rounds, seconds }) {
  await redis.client.flushall();
  const one = await startWeb(redis.url);
  const two = await startWeb(redis.url, { WEB_CONCURRENCY: '2' });
  const headers = { 'content-type': 'application/json', authorization: `token ${TOKEN}` };
  const requests = {
    'POST /instance-builds': { path: '/instance-builds', method: 'POST', headers, body: BODY },
    'GET /instances, 100, plain': { path: '/instances', headers },
  };
  const rows = [];
  for (const [name, { path, ...request }] of Object.entries(requests)) {
    const { ratio, ...figures } = await compare({
      baseline: { ...request, url: one.url + path },
      product: { ...request, url: two.url + path },
      rounds,
      seconds,
      prepare: async () => {
        await redis.client.flushall();
        await writeFleet(redis.url, 'qm', 100);
      },
    });
    rows.push({
      name: `${name}, WEB_CONCURRENCY=2`,
      against: 'WEB_CONCURRENCY=1',
      unit: 'req/s',
      figure: ratio,
      ...figures,
    });
  }
  await Promise.all([one.stop(), two.stop()]);
  return rows;
}
