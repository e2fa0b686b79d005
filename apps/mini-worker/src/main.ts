import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, createLogger, createShutdown, secretValues, withAwsAliases } from '@quartermaster/foundation';
import { createLeases, createProducer } from '@quartermaster/jobs';
import {
  connectRedis,
  createBuilds,
  createImageCache,
  createInstanceCache,
  createKeys,
  createOpenJobs,
  waitUntilReady,
  warnOfDurability,
} from '@quartermaster/stores';
import { createRefreshImages } from './chores/refresh-images.js';
import { createRefreshInstances } from './chores/refresh-instances.js';
import { createResumeOpenJobs } from './chores/resume-open-jobs.js';
import { createSweepOrphans } from './chores/sweep-orphans.js';
import { connectClouds } from './clouds.js';
import { loadMiniWorkerConfig, miniWorkerVariables } from './config.js';
import { startLoop } from './loop.js';

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };

/** How long (ms) the chores stay with a mini-worker that is gone. */
const LEASE_MS = 10_000;

async function main(): Promise<void> {
  Object.assign(process.env, withAwsAliases(process.env));
  const config = loadMiniWorkerConfig(process.env);
  const sdkSecrets = [process.env['AWS_SECRET_ACCESS_KEY'], process.env['AWS_SESSION_TOKEN']];
  const log = createLogger({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
    process: 'mini-worker',
    secrets: [...secretValues(miniWorkerVariables, config), ...sdkSecrets.filter((value) => value !== undefined)],
  });
  const shutdown = createShutdown(log);

  const redis = connectRedis(config, log);
  shutdown.onStop('redis', () => redis.disconnect());
  if (await waitUntilReady(redis, 2000)) await warnOfDurability(redis, log);
  const keys = createKeys(config.REDIS_PREFIX);
  const producer = createProducer(redis, keys, log);
  shutdown.onStop('queues', () => producer.close());
  const { ec2 } = connectClouds(config);
  shutdown.onStop('clouds', () => ec2.close());

  const builds = createBuilds(redis, keys, config.BUILD_RETENTION);
  const loop = startLoop({
    chores: [
      createRefreshInstances(ec2, createInstanceCache(redis, keys)),
      createRefreshImages(ec2, createImageCache(redis, keys)),
      createResumeOpenJobs(createOpenJobs(redis, keys), producer, log),
      createSweepOrphans({ ec2, builds, installId: config.INSTALL_ID, log, now: Date.now }),
    ],
    leases: createLeases({ redis, keys, log, ttlMs: LEASE_MS }),
    intervalMs: config.MINI_WORKER_INTERVAL,
    log,
  });
  shutdown.onStop('chores', () => loop.stop());
  log.info('Working', { version, interval_ms: config.MINI_WORKER_INTERVAL });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});
