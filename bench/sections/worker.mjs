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
  const product = await perJob(redis, (count) => runProduct(redis, count));
  const plain = await missingByHand(redis, product, { follow: false });
  const following = await missingByHand(redis, product, { follow: true });
  const rounded = [];
  for (let number = 0; number < rounds; number += 1) {
    const runs = { plain: await runBaseline(redis, builds, plain), product: await runProduct(redis, builds) };
    rounded.push({ ...runs, following: await runBaseline(redis, builds, following) });
  }
  const row = (kind, against) => {
    const ratios = rounded.map((runs) => runs[kind].seconds / runs.product.seconds);
    const rate = (name) => Math.round(median(rounded.map((runs) => builds / runs[name].seconds)));
    const cpuMs = (name) => round(median(rounded.map((runs) => (runs[name].cpuSeconds * 1000) / builds)));
    return {
      name: 'builds/s, no-op cloud, concurrency 10',
      against,
      unit: 'builds/s',
      figure: median(ratios),
      baseline: { rate: rate(kind) },
      product: { rate: rate('product') },
      ratios: ratios.map(round),
      cpuMsPerBuild: { baseline: cpuMs(kind), product: cpuMs('product') },
    };
  };
  const counted = { roundTrips: round(product.roundTrips), writes: round(product.writes) };
  return [
    {
      ...row('plain', 'bare BullMQ worker, same writes'),
      goal: { atLeast: 0.7 },
      perBuild: { ...counted, baselineByHand: plain },
      memory: Math.max(...rounded.map((runs) => runs.product.memory)),
    },
    {
      ...row('following', 'bare BullMQ workers, same jobs and writes'),
      perBuild: { ...counted, baselineByHand: following },
    },
  ];
}

/** What one build asks for, less what the queue itself asks for: the difference is what the baseline's job does by hand. */
async function missingByHand(redis, product, { follow }) {
  const empty = await perJob(redis, (count) => runBaseline(redis, count, { roundTrips: 0, writes: 0, follow }));
  return {
    roundTrips: Math.max(0, Math.round(product.roundTrips - empty.roundTrips)),
    writes: Math.max(0, Math.round(product.writes - empty.writes)),
    follow,
  };
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
