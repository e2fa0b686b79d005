import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@quartermaster/foundation';
import type { InitScriptRenderer } from '@quartermaster/instances/init-scripts';
import type { Journals, Processors, Producer } from '@quartermaster/jobs';
import {
  createBuilds,
  createClusterOperations,
  createDnsRecords,
  createDnsZones,
  createInitScripts,
  createInstanceCache,
  createProtectedInstances,
  createTasks,
  createRequestSlots,
  createRingBoard,
  createStatusUpdates,
  createTerminations,
  type Keys,
  type Redis,
} from '@quartermaster/stores';
import type { TaskRegistry } from '@quartermaster/tasks';
import type { Clouds } from '../clouds.js';
import type { WorkerConfig } from '../config.js';
import { createStandstill } from '../couchdb/standstill.js';
import { createNotify } from '../notify.js';
import { createTaskStacks } from '../tasks/task-stacks.js';
import { createBuildInstances } from './build-instances.js';
import { createCheckBuildReports } from './check-build-reports.js';
import { createCheckRing } from './check-ring.js';
import { createCleanUpBuild } from './clean-up-build.js';
import { createRunTask } from './run-task.js';
import { createDrainZone } from './drain-zone.js';
import { createFollowChange } from './follow-change.js';
import { createForwardStatus } from './forward-status.js';
import { createReadClusters } from './read-clusters.js';
import { createSendNotification } from './send-notification.js';
import { createTerminateInstance } from './terminate-instance.js';
import { createWorkOffCluster } from './work-off-cluster.js';

export interface ProcessorsParts {
  readonly config: WorkerConfig;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly producer: Producer;
  readonly journals: Journals;
  readonly clouds: Clouds;
  readonly renderer: InitScriptRenderer;
  readonly registry: TaskRegistry;
  /** Aborted when the process is stopping. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

/** How long (ms) Route 53 may fail before what waits for it fails too. */
const DAY_MS = 86_400_000;

/** A processor for every job of the catalogue, made from the ports it needs. */
export function createProcessors(parts: ProcessorsParts): Processors {
  const { config, redis, keys, producer, journals, clouds, renderer, registry, stopping, log } = parts;
  const builds = createBuilds(redis, keys, config.BUILD_RETENTION);
  const cache = createInstanceCache(redis, keys);
  const initScripts = createInitScripts(redis, keys);
  const terminations = createTerminations(redis, keys);
  const notify = createNotify(producer);
  const { ec2, dns, notifier } = clouds;
  const settings = {
    webUrl: config.WEB_URL,
    installId: config.INSTALL_ID,
    initScriptKey: config.INIT_SCRIPT_KEY,
    initScriptTtlMs: config.INIT_SCRIPT_TTL,
    sshCidrs: config.SSH_INGRESS_CIDRS,
    reportTimeoutMs: config.BUILD_REPORT_TIMEOUT,
  };
  const zones = createDnsZones(redis, keys);
  const records = createDnsRecords(redis, keys);
  const slots = createRequestSlots(redis, keys, {
    service: 'route53',
    perSecond: config.ROUTE53_REQUESTS_PER_SECOND,
    log,
  });
  const trouble = { giveUpMs: DAY_MS, backoffMs: config.JOB_BACKOFF, maxBackoffMs: config.JOB_MAX_BACKOFF };
  const { couch } = clouds;
  const work = createClusterOperations(redis, keys);
  const following = { dns, zones, records, slots, producer, now: Date.now };
  return {
    'build-instances': createBuildInstances({ ec2, builds, cache, initScripts, renderer, producer, notify, settings }),
    'check-build-reports': createCheckBuildReports({ builds, notify, settings }),
    'check-ring': createCheckRing({
      get host() {
        return clouds.clusters;
      },
      couch,
      work,
      rings: createRingBoard(redis, keys),
      producer,
      now: Date.now,
    }),
    'clean-up-build': createCleanUpBuild({
      ec2,
      builds,
      installId: config.INSTALL_ID,
      notify,
      webUrl: config.WEB_URL,
      pauseMs: config.JOB_BACKOFF,
      now: Date.now,
    }),
    'run-task': createRunTask({
      tasks: createTasks(redis, keys, config.TASK_RETENTION),
      registry,
      notify,
      surroundings: {
        stacks: createTaskStacks(clouds.stacks),
        aws: clouds.aws,
        pollMs: config.TASK_POLL,
        stopping,
      },
      webUrl: config.WEB_URL,
      pauseMs: config.JOB_BACKOFF,
      now: Date.now,
    }),
    'drain-zone': createDrainZone({ ...following, journals, trouble }),
    'follow-change': createFollowChange(following),
    'forward-status': createForwardStatus({
      updates: createStatusUpdates(redis, keys),
      receiver: clouds.statusReceiver,
      journals,
      producer,
      times: {
        giveUpMs: config.STATUS_FORWARD_GIVE_UP,
        backoffMs: config.JOB_BACKOFF,
        maxBackoffMs: config.STATUS_FORWARD_MAX_BACKOFF,
      },
      now: Date.now,
    }),
    'read-clusters': createReadClusters({
      get host() {
        return clouds.clusters;
      },
      couch,
      work,
      producer,
      now: Date.now,
    }),
    'send-notification': createSendNotification(notifier),
    'terminate-instance': createTerminateInstance({
      ec2,
      cache,
      terminations,
      protectedInstances: createProtectedInstances(redis, keys),
      producer,
      notify,
    }),
    'work-off-cluster': createWorkOffCluster({
      get host() {
        return clouds.clusters;
      },
      couch,
      work,
      journals,
      producer,
      settings: {
        spawner: config.SPAWNER_TYPE,
        readyMs: config.COUCHDB_READY_TIMEOUT,
        reachMs: config.COUCHDB_REACH_TIMEOUT,
        channel: config.SLACK_CHANNEL,
      },
      standstill: createStandstill(Date.now),
      now: Date.now,
      pause: setTimeout,
    }),
  };
}
