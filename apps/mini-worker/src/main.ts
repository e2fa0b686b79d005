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
import { createLeases, createProducer } from '@quartermaster/jobs';
import {
  connectRedis,
  createBuilds,
  createClusterOperations,
  createImageCache,
  createInstanceCache,
  createKeys,
  createOpenJobs,
  createProcessBoard,
  createProtectedInstances,
  createStackCache,
  createRequestSlots,
  createZoneCache,
  ROUTE53_PER_SECOND,
  createTaskWakes,
  startHeartbeat,
  waitUntilReady,
  warnOfDurability,
} from '@quartermaster/stores';
import { createRefreshImages } from './chores/refresh-images.js';
import { createRefreshInstances } from './chores/refresh-instances.js';
import { createRefreshProtection } from './chores/refresh-protection.js';
import { createRefreshStacks } from './chores/refresh-stacks.js';
import { createRefreshZones } from './chores/refresh-zones.js';
import { createResumeOpenJobs } from './chores/resume-open-jobs.js';
import { createSweepOrphans } from './chores/sweep-orphans.js';
import { createTrimTasks } from './chores/trim-tasks.js';
import { createWakeCancelledTasks } from './chores/wake-cancelled-tasks.js';
import { createWatchRings, type RingGap } from './chores/watch-rings.js';
import { connectClouds } from './clouds.js';
import { loadMiniWorkerConfig, miniWorkerVariables } from './config.js';
import { startLoop } from './loop.js';

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };

/** How long (ms) the chores stay with a mini-worker that is gone. */
const LEASE_MS = 10_000;
/** A round of chores that takes longer than this (ms) hangs: every call in it has a time-out of its own. */
const STUCK_MS = 300_000;
/** How long (ms) running chores may take to end after SIGTERM: they may do nothing any more, only finish reading. */
const STOP_LIMIT_MS = 5_000;

async function main(): Promise<void> {
  Object.assign(process.env, withAwsAliases(process.env));
  const config = loadMiniWorkerConfig(process.env);
  const sdkSecrets = [process.env['AWS_SECRET_ACCESS_KEY'], process.env['AWS_SESSION_TOKEN']];
  const secrets = [...secretValues(miniWorkerVariables, config), ...sdkSecrets.filter((value) => value !== undefined)];
  const log = createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT, process: 'mini-worker', secrets });
  const shutdown = createShutdown(log);
  const reportBug = await createBugReporter({
    dsn: config.SENTRY_DSN,
    process: 'mini-worker',
    version,
    log,
    secrets,
    shutdown,
  });

  const redis = connectRedis(config, log);
  shutdown.onStop('redis', () => redis.disconnect());
  redis.on('ready', () => void warnOfDurability(redis, log));
  await waitUntilReady(redis, 2000);
  const keys = createKeys(config.REDIS_PREFIX);
  const producer = createProducer(redis, keys, log);
  shutdown.onStop('queues', () => producer.close());
  const figures = createProcessFigures();
  let rings: ReadonlyMap<string, RingGap> = new Map();
  const ringLevel = (read: (gap: RingGap) => number) => () =>
    // Who leads no more knows nothing about today's rings.
    Object.fromEntries(loop.leads() ? [...rings].map(([cluster, gap]) => [cluster, read(gap)]) : []);
  const clouds = connectClouds(config);
  const { ec2, dns } = clouds;
  shutdown.onStop('clouds', () => clouds.close());

  const builds = createBuilds(redis, keys, config.BUILD_RETENTION);
  const cache = createInstanceCache(redis, keys);
  const slots = createRequestSlots(redis, keys, { service: 'route53', perSecond: ROUTE53_PER_SECOND, log });
  const loop = startLoop({
    chores: [
      createRefreshInstances(ec2, cache),
      createRefreshImages(ec2, createImageCache(redis, keys)),
      createRefreshStacks(clouds.stacks, createStackCache(redis, keys)),
      createRefreshZones(dns, createZoneCache(redis, keys), slots),
      createRefreshProtection({ ec2, cache, protectedInstances: createProtectedInstances(redis, keys), log }),
      createResumeOpenJobs({ openJobs: createOpenJobs(redis, keys), producer, log, now: Date.now }),
      createWakeCancelledTasks(createTaskWakes(redis, keys), producer),
      createTrimTasks(redis, keys),
      createWatchRings({
        board: createClusterOperations(redis, keys),
        host: () => clouds.clusters,
        producer,
        tellRings: (found) => void (rings = found),
        log,
        now: Date.now,
      }),
      createSweepOrphans({ ec2, builds, installId: config.INSTALL_ID, log, now: Date.now }),
    ],
    leases: createLeases({ redis, keys, log, ttlMs: LEASE_MS }),
    intervalMs: config.MINI_WORKER_INTERVAL,
    log,
    reportBug,
    stuckAfterMs: Math.max(STUCK_MS, config.MINI_WORKER_INTERVAL * 3),
    onStuck: () => {
      log.fatal('The chores do not come to an end; ending, to be started anew');
      process.exit(1);
    },
  });
  figures.level(
    'ring_nodes_missing',
    ringLevel(({ missing }) => missing),
  );
  figures.level(
    'ring_broken',
    ringLevel(({ isBroken }) => Number(isBroken)),
  );
  shutdown.onStop('chores', () => loop.stop(), STOP_LIMIT_MS);
  const board = createProcessBoard(redis, keys);
  const leads = (): boolean => loop.leads();
  const region = config.AWS_REGION;
  const heart = startHeartbeat({ board, process: 'mini-worker', version, leads, region, figures, log });
  shutdown.onStop('heartbeat', () => heart.stop());
  log.info('Working', { version, interval_ms: config.MINI_WORKER_INTERVAL });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});
