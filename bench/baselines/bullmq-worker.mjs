// A bare BullMQ worker whose jobs make a given number of round trips to Redis with a given number of writes in all. With
// `follow` each of them also adds the two jobs that follow a build: its message, which a second worker takes and which
// does nothing, and a look after half an hour.
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { environment } from '../environment.mjs';

const { redisPort } = environment();
const redis = new Redis({ host: '127.0.0.1', port: redisPort });
const connection = { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null };
const options = { connection, prefix: 'baseline', concurrency: 10 };
const HALF_AN_HOUR_MS = 1_800_000;

process.on('message', ({ builds, warmUp, roundTrips, writes, follow }) => {
  // Not on the connection of the trips: there BullMQ's scripts would make every pipeline of ioredis dearer.
  const queue = (name) => (follow ? new Queue(name, { connection, prefix: 'baseline' }) : undefined);
  const [ownQueue, messages] = [queue('baseline-builds'), queue('baseline-messages')];
  const done = { builds: 0, messages: follow ? 0 : Infinity };
  let startedAt = 0;
  let startedCpu;
  const count = (kind) => {
    done[kind] += 1;
    if (done.builds < warmUp + builds || done.messages < warmUp + builds) return;
    const { user, system } = process.cpuUsage(startedCpu);
    process.send({ seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 });
  };
  const build = async (job) => {
    if (startedAt === 0 && done.builds >= warmUp) {
      startedAt = performance.now();
      startedCpu = process.cpuUsage();
    }
    await makeTrips(`baseline:${job.id}`, roundTrips, writes);
    if (follow) {
      await ownQueue.add('look', { build_id: job.id }, { jobId: `look-${job.id}`, delay: HALF_AN_HOUR_MS });
      await messages.add('message', { channel: 'general', text: 'Started' }, { jobId: `message-${job.id}` });
    }
    count('builds');
  };
  const workers = [new Worker('baseline-builds', build, options)];
  if (follow) workers.push(new Worker('baseline-messages', async () => count('messages'), options));
  for (const worker of workers) worker.on('error', () => {});
});
process.send({ ready: true });

async function makeTrips(key, roundTrips, writes) {
  let left = writes;
  for (let trip = 0; trip < roundTrips; trip += 1) {
    const count = Math.round(left / (roundTrips - trip));
    left -= count;
    if (count === 0) await redis.hget(key, 'state');
    else if (count === 1) await redis.hset(key, `step-${trip}`, 'done');
    else {
      const pipeline = redis.pipeline();
      for (let write = 0; write < count; write += 1) pipeline.hset(key, `step-${trip}-${write}`, 'done');
      await pipeline.exec();
    }
  }
}
