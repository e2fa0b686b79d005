import type { JobDefinition } from '../define-job.js';
import { buildInstances } from './build-instances.js';
import { checkBuildReports } from './check-build-reports.js';
import { checkRing } from './check-ring.js';
import { cleanUpBuild } from './clean-up-build.js';
import { runTask } from './run-task.js';
import { drainZone } from './drain-zone.js';
import { followChange } from './follow-change.js';
import { forwardStatus } from './forward-status.js';
import { readClusters } from './read-clusters.js';
import { sendNotification } from './send-notification.js';
import { terminateInstance } from './terminate-instance.js';
import { workOffCluster } from './work-off-cluster.js';

/** Every job there is. A job that is not here does not exist; one that is must have a processor for the worker to compile. */
export const catalogue = {
  'build-instances': buildInstances,
  'check-build-reports': checkBuildReports,
  'check-ring': checkRing,
  'clean-up-build': cleanUpBuild,
  'run-task': runTask,
  'drain-zone': drainZone,
  'follow-change': followChange,
  'forward-status': forwardStatus,
  'read-clusters': readClusters,
  'send-notification': sendNotification,
  'terminate-instance': terminateInstance,
  'work-off-cluster': workOffCluster,
} as const;

export type JobName = keyof typeof catalogue;
export type PayloadOf<Name extends JobName> =
  (typeof catalogue)[Name] extends JobDefinition<infer Payload> ? Payload : never;

export function isJobName(name: string): name is JobName {
  return Object.hasOwn(catalogue, name);
}
