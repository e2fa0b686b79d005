// Builds a second with clouds that do nothing, against a bare BullMQ worker that asks as much of Redis.
import { createHash, randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { createSilentLogger } from '@quartermaster/foundation';
import { createProducer } from '@quartermaster/jobs';
import { connectRedis, createBuilds, createKeys, waitUntilReady } from '@quartermaster/stores';
import { countCommands } from '../commands.mjs';
import { median } from '../load.mjs';
import { readMemory, startNode } from '../processes.mjs';

const PREFIX = 'bench';
/** Enough for the beginning and end of a worker not to count. */
const COUNTED = 50;
/** Builds before those that are timed, on both sides: a process compiles its code while it runs. */
const WARM_UP = 500;

export async function benchWorker({ redis, rounds, builds }) {
  // What one build asks for, and one empty job: the difference is what the baseline's job does by hand.
  const product = await perJob(redis, (count) => runProduct(redis, count));
  const empty = await perJob(redis, (count) => runBaseline(redis, count, { roundTrips: 0, writes: 0 }));
  const extra = {
    roundTrips: Math.max(0, Math.round(product.roundTrips - empty.roundTrips)),
    writes: Math.max(0, Math.round(product.writes - empty.writes)),
  };
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    const baseline = await runBaseline(redis, builds, extra);
    const ours = await runProduct(redis, builds);
    pairs.push({
      baseline: builds / baseline.seconds,
      product: builds / ours.seconds,
      cpu: { baseline: (baseline.cpuSeconds * 1000) / builds, product: (ours.cpuSeconds * 1000) / builds },
      memory: ours.memory,
    });
  }
  return [
    {
      name: 'builds/s, no-op cloud, concurrency 10',
      against: 'bare BullMQ worker, same writes',
      unit: 'builds/s',
      figure: median(pairs.map((pair) => pair.product / pair.baseline)),
      goal: { atLeast: 0.7 },
      baseline: { rate: Math.round(median(pairs.map((pair) => pair.baseline))) },
      product: { rate: Math.round(median(pairs.map((pair) => pair.product))) },
      ratios: pairs.map((pair) => Number((pair.product / pair.baseline).toFixed(2))),
      perBuild: { roundTrips: round(product.roundTrips), writes: round(product.writes), baselineByHand: extra },
      cpuMsPerBuild: {
        baseline: round(median(pairs.map(({ cpu }) => cpu.baseline))),
        product: round(median(pairs.map(({ cpu }) => cpu.product))),
      },
      memory: Math.max(...pairs.map((pair) => pair.memory)),
    },
  ];
}

async function perJob(redis, run) {
  const counts = await run(COUNTED);
  return { roundTrips: counts.commands.roundTrips / COUNTED, writes: counts.commands.writes / COUNTED };
}

const round = (value) => Number(value.toFixed(2));

/** Fills the queues as `web` does, then lets a worker empty them. Only small runs are counted: MONITOR costs time. */
async function runProduct(redis, count) {
  await redis.client.flushall();
  const warmUp = warmUpOf(count);
  await acceptBuilds(redis, warmUp + count);
  return runWorker('bench/product/worker.mjs', redis, { builds: count, warmUp });
}

const warmUpOf = (count) => (count === COUNTED ? 0 : WARM_UP);

async function runBaseline(redis, count, extra) {
  await redis.client.flushall();
  const warmUp = warmUpOf(count);
  const queue = new Queue('baseline-builds', { connection: redis.client, prefix: 'baseline' });
  await queue.addBulk(
    Array.from({ length: warmUp + count }, (_, index) => ({ name: 'build', data: { build_id: `b${index}` } })),
  );
  return runWorker('bench/baselines/bullmq-worker.mjs', redis, { builds: count, warmUp, ...extra });
}

async function runWorker(program, redis, message) {
  const worker = startNode(program, { REDIS_PORT: String(redis.port), REDIS_PREFIX: PREFIX }, { ipc: true });
  let answer;
  const work = async () => (answer = await worker.ask(message));
  const commands =
    message.builds === COUNTED ? await countCommands(redis.client, work) : await work().then(() => undefined);
  const memory = readMemory(worker.pid).peak;
  worker.child.kill('SIGKILL');
  await worker.stop();
  const { seconds, cpuSeconds } = answer;
  return { seconds, cpuSeconds, commands, memory };
}

async function acceptBuilds(redis, count) {
  const config = { REDIS_URL: redis.url, REDIS_PREFIX: PREFIX, REDIS_TLS_REJECT_UNAUTHORIZED: true };
  const log = createSilentLogger();
  const connection = connectRedis(config, log);
  await waitUntilReady(connection, 5000);
  const keys = createKeys(PREFIX);
  const builds = createBuilds(connection, keys, 86_400_000);
  const producer = createProducer(connection, keys, log);
  for (let index = 0; index < count; index += 1) {
    const id = randomUUID();
    const job = producer.describe('build-instances', { build_id: id }, { request_id: id });
    const fingerprint = createHash('sha256').update(id).digest('hex');
    await builds.accept({ id, fingerprint, request: REQUEST, request_id: id, job }, 10_000_000, Date.now());
    await producer.dispatch(job);
  }
  await producer.close();
  connection.disconnect();
}

const REQUEST = {
  site: 'org',
  env: 'staging',
  queue: 'docker',
  role: 'worker',
  instance_type: 'c3.2xlarge',
  count: 1,
  tags: {},
  name_template: '{{ role }}-{{ site }}-{{ env }}-{{ queue }}-{{ instance_id_without_prefix }}',
  slack_channel: 'general',
  boot_instance: true,
};
