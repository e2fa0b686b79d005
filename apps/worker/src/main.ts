import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ConfigError,
  createBugReporter,
  createLogger,
  createProcessFigures,
  createShutdown,
  secretValues,
  withAwsAliases,
} from '@quartermaster/foundation';
import { createInitScriptRenderer } from '@quartermaster/instances/init-scripts';
import {
  catalogue,
  createJournals,
  createProducer,
  createWorkers,
  Interrupted,
  type TryOutcome,
} from '@quartermaster/jobs';
import {
  connectRedis,
  createKeys,
  createProcessBoard,
  startHeartbeat,
  waitUntilReady,
  warnOfDurability,
} from '@quartermaster/stores';
import { builtInTasks, createTaskRegistry } from '@quartermaster/tasks';
import { connectClouds } from './clouds.js';
import { createCrashPoint } from './crash-point.js';
import { loadWorkerConfig, workerVariables } from './config.js';
import { createProcessors } from './processors/index.js';

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };

/** How long (ms) running steps may take to end after SIGTERM before they are cut off. */
const STOP_MS = 18_000;
/** How long (ms) the workers may take in all; what only reads can not be cut off, and is left behind. */
const STOP_LIMIT_MS = 22_000;
/** Shown as 0 before they first happen: alerts look at their increase. */
const COUNTED: readonly TryOutcome[] = ['done', 'retried', 'given-up'];

async function main(): Promise<void> {
  Object.assign(process.env, withAwsAliases(process.env));
  const config = loadWorkerConfig(process.env);
  const sdkSecrets = [process.env['AWS_SECRET_ACCESS_KEY'], process.env['AWS_SESSION_TOKEN']];
  const initSecrets = Object.entries(process.env).filter(([name]) => name.startsWith('INIT_ENV_'));
  const secrets = [
    ...secretValues(workerVariables, config),
    ...[...sdkSecrets, ...initSecrets.map(([, value]) => value)].filter((value) => value !== undefined),
  ];
  const log = createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT, process: 'worker', secrets });
  const shutdown = createShutdown(log);
  const reportBug = await createBugReporter({
    dsn: config.SENTRY_DSN,
    process: 'worker',
    version,
    log,
    secrets,
    shutdown,
  });
  const renderer = createInitScriptRenderer({
    environment: process.env,
    ...(config.INIT_SCRIPT_TEMPLATE === undefined ? {} : { template: config.INIT_SCRIPT_TEMPLATE }),
    ...(config.INSTANCE_RSA === undefined ? {} : { instanceRsa: config.INSTANCE_RSA }),
    ...(config.INSTANCE_YML === undefined ? {} : { instanceYml: config.INSTANCE_YML }),
  });

  const redis = connectRedis(config, log);
  shutdown.onStop('redis', () => redis.disconnect());
  redis.on('ready', () => void warnOfDurability(redis, log));
  await waitUntilReady(redis, 2000);
  const keys = createKeys(config.REDIS_PREFIX);
  const producer = createProducer(redis, keys, log);
  shutdown.onStop('queues', () => producer.close());
  const figures = createProcessFigures();
  for (const [name, { queue }] of Object.entries(catalogue)) {
    if (config.WORKER_QUEUES.has(queue)) for (const outcome of COUNTED) figures.declare('jobs', `${name}|${outcome}`);
  }
  for (const queue of config.WORKER_QUEUES.keys()) figures.declare('unknown_jobs', queue);
  const clouds = connectClouds(config, log);
  shutdown.onStop('clouds', () => clouds.close());

  const registry = createTaskRegistry({ builtIn: builtInTasks, folder: config.TASKS_DIR, log });
  const stopping = new AbortController();
  // Each running task listens.
  setMaxListeners(0, stopping.signal);

  const crashPoint = createCrashPoint(config.CRASH_POINT, () => process.kill(process.pid, 'SIGKILL'));
  const journals = createJournals({ redis, keys, log, leaseMs: config.JOB_LOCK * 0.8, crashPoint });
  const workers = createWorkers({
    redis,
    redisConfig: config,
    keys,
    log,
    journals,
    processors: createProcessors({
      config,
      redis,
      keys,
      producer,
      journals,
      clouds,
      renderer,
      registry,
      stopping: stopping.signal,
      log,
    }),
    concurrency: config.WORKER_QUEUES,
    lockMs: config.JOB_LOCK,
    backoffMs: config.JOB_BACKOFF,
    maxBackoffMs: config.JOB_MAX_BACKOFF,
    attempts: config.JOB_ATTEMPTS,
    onTried: (job, outcome, seconds) => {
      figures.count('jobs', `${job}|${outcome}`);
      figures.time('job_seconds', job, seconds);
    },
    onUnknown: (queue) => figures.count('unknown_jobs', queue),
    reportBug,
    producer,
    canaryMs: config.CANARY_INTERVAL,
    onStopped: (queue) => {
      log.fatal('This worker has stopped consuming; ending, to be started anew', { queue });
      process.exit(1);
    },
  });
  const stopWorkers = (): Promise<void> => {
    stopping.abort(new Interrupted());
    return workers.close(STOP_MS);
  };
  shutdown.onStop('workers', stopWorkers, STOP_LIMIT_MS);
  const board = createProcessBoard(redis, keys);
  const queues = [...config.WORKER_QUEUES.keys()];
  const region = config.AWS_REGION;
  const heart = startHeartbeat({ board, process: 'worker', version, queues, region, figures, log });
  shutdown.onStop('heartbeat', () => heart.stop());
  log.info('Working', { version, queues: Object.fromEntries(config.WORKER_QUEUES) });
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || (error instanceof Error && error.name === 'AppError');
  process.stderr.write(
    `${isExpected ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});
