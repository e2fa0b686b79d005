// A bare BullMQ worker whose jobs make a given number of round trips to Redis with a given number of writes in all.
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { environment } from '../environment.mjs';

const { redisPort } = environment();
const redis = new Redis({ host: '127.0.0.1', port: redisPort });

process.on('message', ({ builds, warmUp, roundTrips, writes }) => {
  let done = 0;
  let startedAt = 0;
  let startedCpu;
  const worker = new Worker(
    'baseline-builds',
    async (job) => {
      if (startedAt === 0 && done >= warmUp) {
        startedAt = performance.now();
        startedCpu = process.cpuUsage();
      }
      let left = writes;
      for (let trip = 0; trip < roundTrips; trip += 1) {
        const count = Math.round(left / (roundTrips - trip));
        left -= count;
        if (count === 0) await redis.hget(`baseline:${job.id}`, 'state');
        else if (count === 1) await redis.hset(`baseline:${job.id}`, `step-${trip}`, 'done');
        else {
          const pipeline = redis.pipeline();
          for (let write = 0; write < count; write += 1)
            pipeline.hset(`baseline:${job.id}`, `step-${trip}-${write}`, 'done');
          await pipeline.exec();
        }
      }
      done += 1;
      if (done === warmUp + builds) {
        const { user, system } = process.cpuUsage(startedCpu);
        process.send({ seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 });
      }
    },
    {
      connection: { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null },
      prefix: 'baseline',
      concurrency: 10,
    },
  );
  worker.on('error', () => {});
});
process.send({ ready: true });
