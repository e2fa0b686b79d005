// The refresh of 10,000 instances against the AWS SDK's own listing of them, and what it costs in memory.
import { median } from '../load.mjs';
import { pause, readMemory, startNode } from '../processes.mjs';
import { startSandbox } from '../sandbox.mjs';

const FLEET = 10_000;

export async function benchRefresh({ redis, rounds }) {
  await redis.client.flushall();
  const sandbox = await startSandbox();
  const environment = { ...sandbox.environment, REDIS_PORT: String(redis.port), REDIS_URL: redis.url };
  const idle = await measureIdle(environment);
  await sandbox.seed(FLEET);

  const child = startNode('bench/product/refresh.mjs', environment, { ipc: true });
  const first = await child.ask('refresh');
  const times = [];
  await child.ask('list');
  for (let round = 0; round < rounds; round += 1) {
    const list = await child.ask('list');
    const read = await child.ask('read');
    const refresh = await child.ask('refresh');
    times.push({ list: list.ms, read: read.ms, refresh: refresh.ms });
  }
  const { result: cached } = await child.ask('count');
  if (cached < FLEET) throw new Error(`The cache holds ${cached} instances, not ${FLEET}`);
  child.child.kill('SIGKILL');
  await child.stop();

  const peak = await measurePeak(environment, rounds);
  await sandbox.stop();
  const of = (name) => Math.round(median(times.map((time) => time[name])));
  const refresh = { unit: 'ms', product: { rate: of('refresh') }, firstRefresh: Math.round(first.ms) };
  return [
    {
      name: 'refresh of 10,000 instances',
      against: "the API's own time (pages read, dropped)",
      ...refresh,
      figure: median(times.map((time) => time.refresh / time.list)),
      baseline: { rate: of('list') },
    },
    {
      name: 'refresh of 10,000 instances',
      against: 'the listing by the AWS SDK alone',
      ...refresh,
      figure: median(times.map((time) => time.refresh / time.read)),
      goal: { atMost: 1.3 },
      baseline: { rate: of('read') },
    },
    {
      name: 'refresh of 10,000 instances, memory',
      against: 'mini-worker idle',
      unit: 'MB above idle',
      figure: peak - idle,
      goal: { atMost: 100 },
      baseline: { rate: idle },
      product: { rate: peak },
    },
  ];
}

/** The real mini-worker over an almost empty account, a few rounds of its loop old. */
async function measureIdle(environment) {
  const miniWorker = startMiniWorker(environment);
  await pause(4000);
  const { now } = readMemory(miniWorker.pid);
  await miniWorker.stop();
  return now;
}

async function measurePeak(environment, rounds) {
  const miniWorker = startMiniWorker(environment);
  await pause(4000 + rounds * 3000);
  const { peak } = readMemory(miniWorker.pid);
  await miniWorker.stop();
  return peak;
}

function startMiniWorker(environment) {
  return startNode('apps/mini-worker/dist/main.js', { ...environment, MINI_WORKER_INTERVAL: '500ms' });
}
