import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { RequestHandler } from 'express';
import { createAbsentDiscovery, type Discovery } from '@quartermaster/discovery';
import {
  ConfigError,
  createBugReporter,
  createLogger,
  createProcessFigures,
  createShutdown,
  describeError,
  secretValues,
  type Logger,
} from '@quartermaster/foundation';
import { createProducer, createQueues } from '@quartermaster/jobs';
import {
  connectRedis,
  createIdempotencyKeys,
  createKeys,
  waitUntilReady,
  warnOfDurability,
  createAccounts,
  createProcessBoard,
  createTasks,
  createTickets,
  startHeartbeat,
} from '@quartermaster/stores';
import { builtInTasks, createTaskRegistry } from '@quartermaster/tasks';
import { createAccountGate } from './account-gate.js';
import { isClusterWorker, shutDownWeb, startWebCluster } from './cluster.js';
import { loadWebConfig, webVariables, type WebConfig } from './config.js';
import { createApp } from './create-app.js';
import { createLogFollowers } from './log-followers.js';
import { createTellRequest, declareFailures } from './metrics/request-figures.js';
import { createRoutes } from './routes/index.js';
import { createDiscoverySockets } from './sockets/discovery-sockets.js';

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };

async function main(): Promise<void> {
  const { config, tokens, metricsToken } = loadWebConfig(process.env);
  // Names of tokens are no secrets; each whole entry and the token behind its colon are.
  const tokenTexts = config.AUTH_TOKENS.map((entry) => entry.slice(entry.indexOf(':') + 1));
  const secrets = [...secretValues(webVariables, config), ...tokenTexts];
  const log = createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT, process: 'web', secrets });
  const shutdown = createShutdown(log);
  if (config.WEB_CONCURRENCY > 1 && !isClusterWorker()) {
    startWebCluster({ size: config.WEB_CONCURRENCY, log, shutdown });
    return;
  }
  const reportBug = await createBugReporter({
    dsn: config.SENTRY_DSN,
    process: 'web',
    version,
    log,
    secrets,
    shutdown,
  });

  const redis = connectRedis(config, log);
  shutdown.onStop('redis', () => redis.disconnect());
  redis.on('ready', () => void warnOfDurability(redis, log));
  const keys = createKeys(config.REDIS_PREFIX);
  const producer = createProducer(redis, keys, log);
  shutdown.onStop('queues', () => producer.close());

  const registry = createTaskRegistry({ builtIn: builtInTasks, folder: config.TASKS_DIR, log });
  const tasks = createTasks(redis, keys, config.TASK_RETENTION, log);
  const followers = createLogFollowers({ tasks, log });
  const discovery = await createDiscovery(config, log);
  shutdown.onStop('discovery', () => discovery.stop());
  const tickets = createTickets(redis, keys);
  const figures = createProcessFigures();
  const heart = startHeartbeat({ board: createProcessBoard(redis, keys), process: 'web', version, figures, log });
  shutdown.onStop('heartbeat', () => heart.stop());
  const routes = createRoutes({
    heart,
    config,
    redis,
    keys,
    producer,
    registry,
    tasks,
    followers,
    discovery,
    tickets,
    version,
    shutDown: () => shutDownWeb(shutdown),
  });
  declareFailures(figures, routes);
  const idempotencyKeys = createIdempotencyKeys(redis, keys);
  const accountGate = createAccountGate(createAccounts(redis, keys));
  const dashboard = config.DASHBOARD ? await loadDashboard(createQueues(redis, keys, log)) : undefined;
  const readOnly = config.READ_ONLY;
  const app = createApp({
    routes,
    tokens,
    metricsToken,
    accountGate,
    readOnly,
    idempotencyKeys,
    log,
    tellRequest: createTellRequest(figures),
    reportBug,
    dashboard,
  });
  const server = createServer(app);
  const sockets = createDiscoverySockets({
    discovery,
    tickets,
    tokens,
    readOnly: config.READ_ONLY,
    log,
    reportBug,
    pingMs: config.DISCOVERY_PING_INTERVAL,
    mostOfToken: config.DISCOVERY_SOCKETS_PER_TOKEN,
    most: config.DISCOVERY_SOCKETS,
  });
  sockets.serve(server);
  figures.level('discovery_sockets', () => ({ '': sockets.count() }));
  if (config.ETCD_HOSTS.length > 0) {
    figures.level('discovery_current', () => ({ '': Number(discovery.isCurrent()) }));
  }
  shutdown.onStop('http', () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    // A connection that is kept falls idle once its last answer is out; its client's patience is not waited for.
    const sweep = setInterval(() => server.closeIdleConnections(), 100);
    return closed.finally(() => clearInterval(sweep));
  });
  // Before the connections: an answer that follows a log never ends by itself, nor does a socket.
  shutdown.onStop('log followers', () => followers.close());
  shutdown.onStop('sockets', () => sockets.close());
  server.on('error', (error) => {
    log.fatal('Can not listen', { host: config.HOST, port: config.PORT, error: describeError(error) });
    process.exit(1);
  });
  // With Redis there, the first request is answered; without it, web starts all the same and says 503.
  await waitUntilReady(redis, 2000);
  server.listen(config.PORT, config.HOST, () => {
    // The real port: PORT=0 takes any that is free.
    const { port } = server.address() as AddressInfo;
    log.info('Listening', { host: config.HOST, port, version, read_only: config.READ_ONLY });
  });
}

/** etcd's client is loaded where there is an etcd only: it costs some 15 MB. */
async function createDiscovery(config: WebConfig, log: Logger): Promise<Discovery> {
  if (config.ETCD_HOSTS.length === 0) return createAbsentDiscovery();
  const { createEtcdDiscovery } = await import('@quartermaster/discovery/etcd');
  return createEtcdDiscovery({ config, log });
}

/** Bull Board is loaded where it is asked for only. */
async function loadDashboard(queues: ReturnType<typeof createQueues>): Promise<RequestHandler> {
  const { createDashboard } = await import('./dashboard/board.js');
  return createDashboard(queues);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});
