import type { ProgressState } from '../../output/progress.js';
import { oneLine, statusOf, utc, isDelayed, type TaskRecord } from './task-record.js';

interface RestartedInstance {
  readonly Hostname: string;
  readonly InstanceId: string;
  readonly timestamp?: string;
  readonly reason?: string;
}

/** What `layer-rolling-restart` adds to a record. */
export interface RestartRecord extends TaskRecord {
  readonly stack: string;
  readonly layer: string;
  readonly totalInstances?: number;
  readonly windowSize?: number;
  readonly targets?: readonly RestartedInstance[];
  readonly instancesStopping?: readonly RestartedInstance[];
  readonly instancesShutdown?: readonly RestartedInstance[];
  readonly instancesStarted?: readonly RestartedInstance[];
  readonly instancesOnline: readonly RestartedInstance[];
  readonly instancesFailed?: readonly RestartedInstance[];
  readonly instancesSkipped?: readonly RestartedInstance[];
  readonly instancesLeft?: readonly RestartedInstance[];
  /** The instances in the order of the restart, where only that was asked for; else false. */
  readonly plan?: boolean | readonly PlannedInstance[];
}

export interface PlannedInstance {
  readonly position: number;
  readonly Hostname: string;
  readonly InstanceId: string;
  readonly Status: string;
}

/** Shown as one table of instances instead. */
export const RESTART_DETAILS: ReadonlySet<string> = new Set(
  (
    'totalInstances windowSize targets source lookedAt trouble plan instancesStopping instancesShutdown ' +
    'instancesStarted instancesOnline instancesFailed instancesSkipped instancesLeft'
  ).split(' '),
);

/** By its fields: the task has two names, and somebody may have renamed it. */
export function isRestart(record: TaskRecord): record is RestartRecord {
  return Array.isArray(record['instancesOnline']);
}

export type InstanceState = 'waiting' | 'stopping' | 'starting' | 'restarted' | 'failed' | 'skipped' | 'left';

export interface InstanceProgress {
  readonly hostname: string;
  readonly id: string;
  readonly state: InstanceState;
  /** ISO time. */
  readonly since?: string;
  readonly reason?: string;
}

/** Each instance in the order of the restart, with where it stands. */
export function instancesOf(record: RestartRecord): readonly InstanceProgress[] {
  // The last that applies counts.
  const steps: readonly (readonly [InstanceState, readonly RestartedInstance[] | undefined])[] = [
    ['waiting', record.targets],
    ['stopping', record.instancesStopping],
    ['starting', record.instancesShutdown],
    ['starting', record.instancesStarted],
    ['restarted', record.instancesOnline],
    ['failed', record.instancesFailed],
    ['skipped', record.instancesSkipped],
  ];
  const found = new Map<string, InstanceProgress>();
  for (const [state, instances = []] of steps) {
    for (const { Hostname: hostname, InstanceId: id, timestamp, reason } of instances) {
      const since = state === 'waiting' ? undefined : timestamp;
      found.set(id, { hostname, id, state, ...(since && { since }), ...(reason && { reason }) });
    }
  }
  const left = new Set(record.instancesLeft?.map(({ InstanceId }) => InstanceId));
  const isLeft = ({ id, state }: InstanceProgress): boolean => left.has(id) && state === 'waiting';
  return [...found.values()].map((one) => (isLeft(one) ? { ...one, state: 'left' } : one));
}

/** How far a task is, for the bar; a rolling restart counts its instances. */
export function progressOf(record: TaskRecord, now: number): ProgressState {
  const isOver = record.status === 'COMPLETED';
  if (isDelayed(record, now)) return { done: 0, total: 1, text: `PENDING, due ${utc(record.due_at ?? '')}` };
  const status = statusOf(record);
  if (!isRestart(record) || record.totalInstances === undefined) {
    return { done: isOver ? 1 : 0, total: 1, text: status };
  }
  const { totalInstances: total } = record;
  const instances = instancesOf(record);
  const namesOf = (state: InstanceState): string[] =>
    instances.filter((one) => one.state === state).map(({ hostname }) => oneLine(hostname));
  const parts = (['stopping', 'starting', 'failed', 'skipped'] as const)
    .map((state) => [state, namesOf(state)] as const)
    .filter(([, names]) => names.length > 0)
    .map(([state, names]) => `${state} ${names.join(', ')}`);
  const done = record.instancesOnline.length;
  // An empty layer is done; a bar of nothing would stay empty.
  return {
    done: total === 0 && isOver ? 1 : done,
    total: Math.max(total, 1),
    text: [`${status}, ${done} of ${total} restarted`, ...parts].join('; '),
  };
}
