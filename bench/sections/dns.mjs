// DNS records: how many a second are accepted, and how long it takes from a request to the call to Route 53.
import { createSilentLogger } from '@quartermaster/foundation';
import { connectRedis, createKeys, createZoneCache, waitUntilReady } from '@quartermaster/stores';
import { compare } from '../load.mjs';
import { pause, startNode, startServer, startWeb, TOKEN, waitUntil } from '../processes.mjs';
import { startSandbox } from '../sandbox.mjs';
import { BODY as BUILD } from './instance-builds.mjs';

const PREFIX = 'qm';
const HEADERS = { 'content-type': 'application/json', authorization: `token ${TOKEN}`, prefer: 'respond-async' };
/** A record of the sandbox's zone; `{n}` is another number in every request. */
const RECORD = JSON.stringify({ hostname: 'n{n}.example.com', ip_address: '10.1.2.3' });
const BURST = 1000;
/** Between two requests to an idle system (ms): a batch is sent and its first follow-up is over. */
const PAUSE_MS = 700;

export async function benchDns({ redis, rounds, seconds }) {
  const accepted = await benchAccepted({ redis, rounds, seconds });
  const singles = rounds > 1 ? 60 : 15;
  return [...accepted, ...(await benchCalls(redis, singles))];
}

/** Every request is a record of its own; no worker runs; Redis is emptied before every round. */
async function benchAccepted({ redis, rounds, seconds }) {
  const web = await startWeb(redis.url);
  const bare = await startServer('bench/baselines/post-and-add.mjs', { REDIS_PORT: String(redis.port) });
  const request = { method: 'POST', headers: HEADERS };
  const { ratio, p99Ratio, baseline, product } = await compare({
    baseline: { ...request, body: BUILD, url: `${bare.url}/instance-builds` },
    product: { ...request, body: RECORD, url: `${web.url}/records` },
    rounds,
    seconds,
    prepare: async () => {
      await redis.client.flushall();
      await writeZones(redis.url);
    },
  });
  await Promise.all([web.stop(), bare.stop()]);
  const against = 'Express + joi + queue.add';
  const name = 'POST /records accepted, 50 connections';
  return [
    { name, against, unit: 'records/s', figure: ratio, baseline, product },
    {
      name: `${name}, p99`,
      against,
      unit: 'ms (p99)',
      figure: p99Ratio,
      baseline: { rate: baseline.p99 },
      product: { rate: product.p99 },
    },
  ];
}

/** By the real processes; the sandbox notes when it has carried out a batch, on the same clock. */
async function benchCalls(redis, singles) {
  await redis.client.flushall();
  const sandbox = await startSandbox();
  const settings = { ...sandbox.environment, REDIS_URL: redis.url, LOG_LEVEL: 'warn', INSTALL_ID: 'bench' };
  const web = await startWeb(redis.url);
  const worker = startNode('apps/worker/dist/main.js', {
    ...settings,
    WEB_URL: web.url,
    INIT_SCRIPT_KEY: 'bench-init-script-key-0123456789abcdef',
  });
  const miniWorker = startNode('apps/mini-worker/dist/main.js', settings);
  const post = async (hostname) => {
    const sentAt = Date.now();
    const body = JSON.stringify({ hostname, ip_address: '10.1.2.3' });
    const { status } = await fetch(`${web.url}/records`, { method: 'POST', headers: HEADERS, body });
    if (status !== 202) throw new Error(`POST /records answered ${status}`);
    return [hostname, sentAt];
  };
  await waitUntil(
    async () => (await post('first.example.com')).length > 0,
    () => `No records: ${worker.errors()} ${miniWorker.errors()}`,
  );

  const posted = [];
  for (let n = 0; n < singles; n += 1) {
    await pause(PAUSE_MS);
    posted.push(await post(`single${n}.example.com`));
  }
  const single = await waitsOf(sandbox.url, posted);
  const burst = await waitsOf(
    sandbox.url,
    await Promise.all(Array.from({ length: BURST }, (_, n) => post(`burst${n}.example.com`))),
  );
  await Promise.all([web.stop(), worker.stop(), miniWorker.stop()]);
  await sandbox.stop();
  const rowsOf = (what, against, waits) =>
    [0.5, 0.99].map((part) => {
      const rate = quantile(waits, part);
      const name = `POST to Route 53 call, ${what}, p${part * 100}`;
      return { name, against, unit: 'ms', figure: rate, product: { rate } };
    });
  return [...rowsOf('one at a time', '4 requests/s', single), ...rowsOf(`${BURST} at once`, '4 requests/s', burst)];
}

/** How long each took (ms) from its request to the call that carried it out; waits until all of them were. */
async function waitsOf(sandboxUrl, posted) {
  let calls = new Map();
  const complete = async () => {
    const answer = await fetch(`${sandboxUrl}/_sandbox/effects?action=ChangeResourceRecordSets`);
    const { effects } = await answer.json();
    calls = new Map(effects.flatMap(({ time, changes }) => changes.map(({ name }) => [name, Date.parse(time)])));
    return posted.every(([hostname]) => calls.has(hostname));
  };
  await waitUntil(complete, 'Records were not sent to Route 53', 60_000);
  return posted.map(([hostname, sentAt]) => calls.get(hostname) - sentAt).toSorted((a, b) => a - b);
}

function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

async function writeZones(redisUrl) {
  const config = { REDIS_URL: redisUrl, REDIS_PREFIX: PREFIX, REDIS_TLS_REJECT_UNAUTHORIZED: true };
  const connection = connectRedis(config, createSilentLogger());
  await waitUntilReady(connection, 5000);
  const zones = [{ id: 'Z0123456789', name: 'example.com', is_private: false }];
  await createZoneCache(connection, createKeys(PREFIX)).replace(zones, Date.now());
  connection.disconnect();
}
