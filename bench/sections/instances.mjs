// GET /instances: plain, gzip and 304 at several sizes, filtered, and one instance.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFleet } from '../fleet.mjs';
import { compare, load, median } from '../load.mjs';
import { startServer, startWeb, TOKEN } from '../processes.mjs';

const SIZES = [100, 1000, 10_000];
const AUTHORIZATION = { authorization: `token ${TOKEN}` };

export async function benchInstances({ redis, rounds, seconds }) {
  await redis.client.flushall();
  const web = await startWeb(redis.url);
  const rows = [];
  for (const size of SIZES) {
    await writeFleet(redis.url, 'qm', size);
    rows.push(...(await benchLists(web, redis, size, { rounds, seconds })));
  }
  rows.push(await benchFiltered(web, { rounds, seconds }));
  rows.push(await benchOne(web, { rounds, seconds }));
  await web.stop();
  return rows;
}

async function benchLists(web, redis, size, { rounds, seconds }) {
  const folder = await mkdtemp(join(tmpdir(), 'quartermaster-bench-'));
  const url = `${web.url}/instances`;
  const plain = await fetchRaw(url, AUTHORIZATION);
  const zipped = await fetchRaw(url, { ...AUTHORIZATION, 'accept-encoding': 'gzip' });
  const { etag } = plain.headers;
  await writeFile(join(folder, 'plain'), plain.body);
  await writeFile(join(folder, 'gzip'), zipped.body);
  await writeFile(join(folder, 'meta.json'), JSON.stringify({ etag }));
  const bare = await startServer('bench/baselines/same-bytes.mjs', { FOLDER: folder });
  const dutiful = await startServer(
    'bench/baselines/same-duties.mjs',
    { FOLDER: folder, REDIS_PORT: String(redis.port), REDIS_PREFIX: 'qm', TOKEN },
    { path: '/readyz' },
  );
  const variants = {
    plain: AUTHORIZATION,
    gzip: { ...AUTHORIZATION, 'accept-encoding': 'gzip' },
    304: { ...AUTHORIZATION, 'if-none-match': etag },
  };
  const rows = [];
  for (const [variant, headers] of Object.entries(variants)) {
    const request = { headers, expected: [variant === '304' ? 304 : 200] };
    const against = async (baseline) => {
      const product = { ...request, url };
      const { ratio, ...figures } = await compare({
        baseline: { ...request, url: baseline.url },
        product,
        rounds,
        seconds,
      });
      return { unit: 'req/s', figure: ratio, ...figures };
    };
    const name = `GET /instances, ${size.toLocaleString('en')}, ${variant}`;
    rows.push({ name, against: 'node:http, same bytes', goal: { atLeast: 0.7 }, ...(await against(bare)) });
    // With larger answers the writing is nearly all there is.
    if (variant === '304' || size === SIZES[0]) {
      rows.push({ name, against: 'node:http, same bytes and duties', ...(await against(dutiful)) });
    }
  }
  await bare.stop();
  await dutiful.stop();
  await rm(folder, { recursive: true });
  return rows;
}

/** Of the largest fleet, every tenth instance. */
async function benchFiltered(web, { rounds, seconds }) {
  const request = { url: `${web.url}/instances?site=bench`, headers: AUTHORIZATION };
  await load({ ...request, seconds: 1 });
  const results = [];
  for (let round = 0; round < rounds; round += 1) results.push(await load({ ...request, seconds }));
  const rate = median(results.map((result) => result.rate));
  const product = { rate: Math.round(rate), p99: median(results.map(({ p99 }) => p99)) };
  const goal = { atLeast: 500 };
  return { name: 'GET /instances?site=…, 1,000 of 10,000', against: '–', unit: 'req/s', figure: rate, goal, product };
}

async function benchOne(web, { rounds, seconds }) {
  const bare = await startServer('bench/baselines/express-hello.mjs', {});
  const { ratio, ...figures } = await compare({
    baseline: { url: bare.url },
    product: { url: `${web.url}/instances/i-00000000000000007`, headers: AUTHORIZATION },
    rounds,
    seconds,
  });
  await bare.stop();
  const goal = { atLeast: 0.7 };
  return { name: 'GET /instances/{id}', against: 'Express hello', unit: 'req/s', figure: ratio, goal, ...figures };
}

/** The very bytes of an answer: `fetch` would unpack them. */
function fetchRaw(url, headers) {
  return new Promise((resolve, reject) => {
    ask(url, { headers }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}
