// The worker's own processors, journals and queues over clouds that do nothing. Tells its parent how long N builds
// have taken, their messages included, after some to warm up.
import { createLogger } from '@quartermaster/foundation';
import { createInitScriptRenderer } from '@quartermaster/instances/init-scripts';
import { createJournals, createProducer, createWorkers, QUEUES } from '@quartermaster/jobs';
import { connectRedis, createKeys, waitUntilReady } from '@quartermaster/stores';
import { loadWorkerConfig } from '../../apps/worker/dist/config.js';
import { createProcessors } from '../../apps/worker/dist/processors/index.js';
import { environment } from '../environment.mjs';
import { builtInTasks, createTaskRegistry } from '@quartermaster/tasks';
import { createNoOpClouds } from './no-op-clouds.mjs';

const { redisPort, prefix } = environment();
const config = loadWorkerConfig({
  REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  REDIS_PREFIX: prefix,
  WEB_URL: 'http://127.0.0.1:1',
  AWS_REGION: 'us-east-1',
  INIT_SCRIPT_KEY: 'bench-init-script-key-0123456789abcdef',
});
const log = createLogger({
  level: config.LOG_LEVEL,
  format: config.LOG_FORMAT,
  process: 'worker',
  secrets: [config.INIT_SCRIPT_KEY],
});
const redis = connectRedis(config, log);
await waitUntilReady(redis, 5000);
const keys = createKeys(prefix);
const producer = createProducer(redis, keys, log);
const processors = createProcessors({
  config,
  redis,
  keys,
  producer,
  clouds: createNoOpClouds(),
  renderer: createInitScriptRenderer({ environment: {} }),
  registry: createTaskRegistry({ builtIn: builtInTasks, log }),
  stopping: new AbortController().signal,
});

const done = { 'build-instances': 0, 'send-notification': 0 };
let wanted = Infinity;
let warmUp = 0;
let startedAt = 0;
let startedCpu;
const counted = (name) => ({
  ...processors[name],
  run: async (payload, context) => {
    if (startedAt === 0 && done['build-instances'] >= warmUp) {
      startedAt = performance.now();
      startedCpu = process.cpuUsage();
    }
    await processors[name].run(payload, context);
    done[name] += 1;
    if (done['build-instances'] >= wanted && done['send-notification'] >= wanted) {
      const seconds = (performance.now() - startedAt) / 1000;
      wanted = Infinity;
      const { user, system } = process.cpuUsage(startedCpu);
      process.send({ seconds, cpuSeconds: (user + system) / 1e6 });
    }
  },
});

process.on('message', (message) => {
  warmUp = message.warmUp;
  wanted = warmUp + message.builds;
  createWorkers({
    redis,
    redisConfig: config,
    keys,
    log,
    journals: createJournals({ redis, keys, log, leaseMs: config.JOB_LOCK * 0.8 }),
    processors: { ...processors, ...Object.fromEntries(Object.keys(done).map((name) => [name, counted(name)])) },
    concurrency: new Map(QUEUES.map((queue) => [queue, 10])),
    lockMs: config.JOB_LOCK,
    backoffMs: config.JOB_BACKOFF,
    maxBackoffMs: config.JOB_MAX_BACKOFF,
    producer,
    canaryMs: config.CANARY_INTERVAL,
    onStopped: (queue) => log.fatal('A queue is not consumed any more', { queue }),
  });
});
process.send({ ready: true });
