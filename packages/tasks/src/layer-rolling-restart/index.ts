import { AppError } from '@quartermaster/foundation';
import type { TaskRecord } from '@quartermaster/stores';
import { defineTask } from '../define-task.js';
import type { RestartFields, RestartProgress, RestartSent } from './fields.js';
import { restartSchema } from './schema.js';

export type * from './fields.js';

/**
 * Restarts the online instances of a layer, a few at a time. The rules are in `plan.ts`, the acting in `rounds.ts`.
 * The lists that are empty here are those that clients of AWSuper read.
 */
export const layerRollingRestart = defineTask<RestartSent, RestartProgress>({
  name: 'layer-rolling-restart',
  aliases: ['layer-rolling-restarter'],
  schema: restartSchema,
  initial: { instancesShutdown: [], instancesStarted: [], instancesOnline: [] },
  describe: describeRestart,
  isQuiet: ({ plan }) => plan !== false,
  waits: ({ plan }) => plan !== false,
  resume: resumed,
  run: () => import('./run.js'),
});

/** Once it has come to its end it also tells how: what failed within `max_failures` is no reason for a failure, but worth knowing. */
function describeRestart(fields: RestartSent & Partial<RestartProgress>): string {
  const { stack, layer, plan, totalInstances = 0, instancesLeft, instancesFailed = [] } = fields;
  const what = `${plan === false ? 'restart' : 'plan a restart of'} ${layer} of ${stack}`;
  if (instancesLeft === undefined) return what;
  if (totalInstances === 0) return `${what}, of which nothing was online`;
  const ended = `${what}, ${fields.instancesOnline?.length ?? 0} of ${totalInstances} restarted`;
  if (instancesFailed.length === 0) return ended;
  return `${ended}, failed: ${instancesFailed.map(({ Hostname, reason }) => `${Hostname} (${reason})`).join(', ')}`;
}

/** The same again for what was left: what failed, and what had not had its turn. */
function resumed({ fields, status }: TaskRecord<RestartFields>): RestartSent {
  const left = fields.instancesLeft ?? [];
  if (left.length === 0) {
    throw new AppError('conflict', 'nothing-left', `There is nothing to go on with: ${whyNothing(fields, status)}.`);
  }
  const { stack, layer, window, timeout, max_failures } = fields;
  const instances = left.map(({ InstanceId }) => InstanceId);
  return { stack, layer, window, timeout, max_failures, plan: false, instances };
}

function whyNothing({ plan, targets }: RestartFields, status: TaskRecord['status']): string {
  if (plan !== false) return 'it was a plan';
  return targets === undefined ? 'it had not begun; post it anew' : `it ended ${status} with nothing left`;
}
