import { clusterName } from '@quartermaster/couchdb';
import type { Discovery } from '@quartermaster/discovery';
import { readSteps, type Producer } from '@quartermaster/jobs';
import {
  createAccounts,
  createBuilds,
  createClusterOperations,
  createDnsRecords,
  createImageCache,
  createInitScripts,
  createInstanceCache,
  createOpenJobs,
  createProcessBoard,
  createProtectedInstances,
  createRingBoard,
  createStackCache,
  createStatusUpdates,
  createTerminations,
  createZoneCache,
  type Heart,
  type Keys,
  type Redis,
  type Tasks,
  type Tickets,
} from '@quartermaster/stores';
import type { TaskRegistry } from '@quartermaster/tasks';
import type { Route } from '../api.js';
import type { WebConfig } from '../config.js';
import { createDurabilityLook } from '../durability-look.js';
import { createInstanceListing } from '../instance-listing.js';
import type { LogFollowers } from '../log-followers.js';
import { createQueueWatch } from '../queue-watch.js';
import { createStackListing } from '../stack-listing.js';
import { createZoneList } from '../zone-list.js';
import { accountsRoutes } from './accounts.js';
import { couchdbRoutes } from './couchdb.js';
import { createInstanceBuildRoute } from './create-instance-build.js';
import { createTaskRoute } from './create-task.js';
import { discoveryRoutes } from './discovery.js';
import { docsRoutes } from './docs.js';
import { healthRoutes } from './health.js';
import { imagesRoute } from './images.js';
import { initScriptsRoute } from './init-scripts.js';
import { instanceBuildsRoutes } from './instance-builds.js';
import { instancesRoutes } from './instances.js';
import { metricsRoute } from './metrics.js';
import { processRoutes } from './process.js';
import { processesRoute } from './processes.js';
import { recordsRoutes } from './records.js';
import { reportInstanceBuildRoute } from './report-instance-build.js';
import { resumeTaskRoute } from './resume-task.js';
import { stacksRoutes } from './stacks.js';
import { taskLogRoute } from './task-log.js';
import { tasksRoutes } from './tasks.js';
import { statusRoutes } from './status.js';

export interface RoutesParts {
  readonly config: WebConfig;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly producer: Producer;
  readonly registry: TaskRegistry;
  readonly tasks: Tasks;
  readonly followers: LogFollowers;
  readonly discovery: Discovery;
  readonly tickets: Tickets;
  readonly heart: Pick<Heart, 'handOver'>;
  readonly version: string;
  readonly shutDown: () => void;
}

/** Every route of the API, made from the stores they need. */
export function createRoutes(parts: RoutesParts): Route[] {
  const { config, redis, keys, producer, version, shutDown } = parts;
  const builds = createBuilds(redis, keys, config.BUILD_RETENTION);
  const cache = createInstanceCache(redis, keys);
  const images = createImageCache(redis, keys);
  const stacks = createStackCache(redis, keys);
  const zones = createZoneCache(redis, keys);
  const board = createProcessBoard(redis, keys);
  const queueWatch = createQueueWatch(board);
  const taskParts = { ...parts, queueWatch, slackChannel: config.SLACK_CHANNEL };
  const openJobs = createOpenJobs(redis, keys);
  const clusters = createClusterOperations(redis, keys);
  const rings = createRingBoard(redis, keys);
  const overview = { board, producer, openJobs, instances: cache, images, stacks, zones };
  const findRedisProblems = createDurabilityLook(redis);
  const webUrl = config.WEB_URL ?? `http://127.0.0.1:${config.PORT}`;
  const routes: Route[] = [
    ...processRoutes({ version, shutDown }),
    ...healthRoutes(redis, findRedisProblems),
    createInstanceBuildRoute({ builds, producer, queueWatch, config }),
    ...instanceBuildsRoutes({ builds, readSteps: (id) => readSteps(redis, keys, `build:${id}`) }),
    reportInstanceBuildRoute({ builds, producer, webUrl }),
    initScriptsRoute({ builds, initScripts: createInitScripts(redis, keys) }),
    ...instancesRoutes({
      listing: createInstanceListing(cache),
      cache,
      terminations: createTerminations(redis, keys),
      protectedInstances: createProtectedInstances(redis, keys),
      producer,
      queueWatch,
      slackChannel: config.SLACK_CHANNEL,
    }),
    imagesRoute(images),
    ...stacksRoutes(createStackListing(stacks)),
    createTaskRoute(taskParts),
    resumeTaskRoute(taskParts),
    ...tasksRoutes(parts),
    taskLogRoute(parts),
    ...statusRoutes({
      updates: createStatusUpdates(redis, keys),
      producer,
      queueWatch,
      clusterId: config.CLUSTER_ID,
      slackChannel: config.SLACK_CHANNEL,
    }),
    ...recordsRoutes({
      records: createDnsRecords(redis, keys),
      zones: createZoneList(zones),
      producer,
      queueWatch,
      slackChannel: config.SLACK_CHANNEL,
    }),
    ...accountsRoutes(createAccounts(redis, keys)),
    ...couchdbRoutes({ operations: clusters, producer, queueWatch }),
    ...discoveryRoutes({ ...parts, isConfigured: config.ETCD_HOSTS.length > 0 }),
    metricsRoute({
      ...overview,
      heart: parts.heart,
      loadRings: async () => rings.list((await clusters.listClusters()).map(clusterName)),
      findRedisProblems,
    }),
    processesRoute({
      ...overview,
      discovery: config.ETCD_HOSTS.length > 0 ? parts.discovery : undefined,
    }),
  ];
  return [...routes, ...docsRoutes(routes, version)];
}
