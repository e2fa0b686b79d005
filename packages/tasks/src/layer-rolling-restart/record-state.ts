import type { RestartEvent, RestartFailure, RestartFields, RestartProgress, Target } from './fields.js';
import { timeOf } from './follow.js';
import { parseTimeout } from './limits.js';
import type { PlanState } from './plan.js';

/** Looks are `pollMs` apart; much more than that, and nobody was looking. */
const GAP_POLLS = 4;
const GAP_MS = 15_000;
const DEFAULT_TIMEOUT_MS = 20 * 60_000;

/** The planner's state, as the record has it; `undefined` before the restart has begun. */
export function readState(fields: RestartFields, pollMs: number): PlanState | undefined {
  if (fields.targets === undefined) return undefined;
  return {
    windowSize: fields.windowSize ?? 1,
    timeoutMs: parseTimeout(fields.timeout) ?? DEFAULT_TIMEOUT_MS,
    maxFailures: fields.max_failures,
    gapMs: pollMs * GAP_POLLS + GAP_MS,
    targets: fields.targets,
    ...(fields.lookedAt === undefined ? {} : { lookedAt: Date.parse(fields.lookedAt) }),
  };
}

/** What a record shows of the planner's state. */
export function toFields(state: PlanState): Partial<RestartFields> & Pick<RestartProgress, 'targets'> {
  const { targets } = state;
  return {
    targets,
    instancesStopping: events(targets, ({ stoppingAt }) => stoppingAt),
    instancesShutdown: events(targets, ({ shutdownAt }) => shutdownAt),
    instancesStarted: events(targets, ({ startedAt }) => startedAt),
    instancesOnline: events(targets, ({ onlineAt }) => onlineAt),
    instancesFailed: endings(targets, 'failed'),
    ...(state.lookedAt === undefined ? {} : { lookedAt: timeOf(state.lookedAt) }),
  };
}

/** What there still is to be restarted. */
export function leftOf(targets: readonly Target[]): { readonly Hostname: string; readonly InstanceId: string }[] {
  return targets
    .filter(({ phase }) => phase !== 'online' && phase !== 'skipped')
    .map(({ Hostname, InstanceId }) => ({ Hostname, InstanceId }));
}

/** Those that were gone before their turn, and those that were so from the beginning. */
export function skippedOf(targets: readonly Target[], before: readonly RestartFailure[] = []): RestartFailure[] {
  const now = endings(targets, 'skipped');
  const isNew = (id: string): boolean => !now.some(({ InstanceId }) => InstanceId === id);
  return [...before.filter(({ InstanceId }) => isNew(InstanceId)), ...now];
}

/** In the order in which it happened. */
function events(targets: readonly Target[], timeIn: (target: Target) => string | undefined): RestartEvent[] {
  return targets
    .flatMap((target) => {
      const timestamp = timeIn(target);
      const { Hostname, InstanceId } = target;
      return timestamp === undefined ? [] : [{ Hostname, InstanceId, timestamp }];
    })
    .sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
}

function endings(targets: readonly Target[], phase: 'failed' | 'skipped'): RestartFailure[] {
  const ended = targets.filter((target) => target.phase === phase);
  return events(ended, ({ endedAt }) => endedAt).map((event) => {
    const reason = ended.find(({ InstanceId }) => InstanceId === event.InstanceId)?.reason ?? '';
    return { ...event, reason };
  });
}
