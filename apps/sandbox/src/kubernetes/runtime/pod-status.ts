import type { Json } from '../json.js';
import type { KubeObject } from '../objects.js';
import { timestamp } from '../store.js';
import { conditionOf, type Container } from './pod-spec.js';

/** Why a container does not run, in the words of Kubernetes. */
export interface Waiting {
  readonly reason: string;
  readonly message?: string;
}

/** The last end of a container's process. */
export interface Ended {
  readonly exitCode: number;
  readonly message: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly containerId: string;
}

/** How a pod stands, as its node knows it. */
export interface PodState {
  /** Why no node takes it; `undefined` once one has. */
  readonly unschedulable?: string;
  readonly scheduled: boolean;
  readonly ip?: string;
  readonly hostIp: string;
  /** When its node took it. */
  readonly startTime?: number;
  readonly running?: { readonly startedAt: number; readonly containerId: string };
  readonly waiting?: Waiting;
  readonly last?: Ended;
  readonly restartCount: number;
  readonly started: boolean;
  readonly ready: boolean;
}

/** The `status` of a pod; a condition that stays keeps its time. */
export function podStatus(pod: KubeObject, containers: readonly Container[], state: PodState, now: number): Json {
  const { scheduled, unschedulable, ip, running, startTime } = state;
  const conditions = (
    Object.entries({
      PodReadyToStartContainers: ip !== undefined,
      Initialized: scheduled,
      Ready: state.ready,
      ContainersReady: state.ready,
      PodScheduled: scheduled,
    }) satisfies [string, boolean][]
  )
    .filter(([type]) => scheduled || type === 'PodScheduled')
    .map(([type, holds]) => {
      const reason = reasonOf(type, holds, unschedulable, containers);
      return conditionAt(pod, { type, status: holds ? 'True' : 'False', ...reason }, now);
    });
  if (!scheduled && unschedulable === undefined) return { phase: 'Pending', qosClass: 'Burstable' };
  return {
    phase: running !== undefined || state.restartCount > 0 ? 'Running' : 'Pending',
    conditions,
    ...(scheduled ? { hostIP: state.hostIp, hostIPs: [{ ip: state.hostIp }] } : {}),
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    ...(startTime === undefined ? {} : { startTime: timestamp(startTime) }),
    ...(scheduled
      ? {
          containerStatuses: containers.map((container, index) =>
            containerStatus(container, index === 0 ? state : OTHER),
          ),
        }
      : {}),
    qosClass: 'Burstable',
  };
}

/** The sandbox runs the first container of a pod only, and says so of others. */
const OTHER: PodState = {
  scheduled: true,
  hostIp: '',
  waiting: { reason: 'RunContainerError', message: 'the sandbox runs one container in a pod' },
  restartCount: 0,
  started: false,
  ready: false,
};

function reasonOf(
  type: string,
  holds: boolean,
  unschedulable: string | undefined,
  containers: readonly Container[],
): Json {
  if (holds) return {};
  if (type === 'PodScheduled') return { reason: 'Unschedulable', message: unschedulable };
  if (type !== 'Ready' && type !== 'ContainersReady') return {};
  const names = containers.map(({ name }) => name).join(' ');
  return { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
}

function conditionAt(pod: KubeObject, condition: Json & { type: string; status: string }, now: number): Json {
  const before = conditionOf(pod, condition.type);
  const same = before?.['status'] === condition.status ? before['lastTransitionTime'] : undefined;
  return { lastProbeTime: null, lastTransitionTime: same ?? timestamp(now), ...condition };
}

function containerStatus(container: Container, state: PodState): Json {
  const { running, last, waiting } = state;
  return {
    name: container.name,
    image: container.image,
    imageID: running === undefined && last === undefined ? '' : `sandbox/${container.image}`,
    ready: state.ready && running !== undefined,
    started: running !== undefined && state.started,
    restartCount: state.restartCount,
    state:
      running === undefined
        ? { waiting: waiting ?? { reason: 'ContainerCreating' } }
        : { running: { startedAt: timestamp(running.startedAt) } },
    lastState: last === undefined ? {} : { terminated: terminated(last) },
    ...(running === undefined && last === undefined ? {} : { containerID: running?.containerId ?? last?.containerId }),
  };
}

function terminated({ exitCode, message, startedAt, finishedAt, containerId }: Ended): Json {
  return {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...(message === '' ? {} : { message }),
    startedAt: timestamp(startedAt),
    finishedAt: timestamp(finishedAt),
    containerID: containerId,
  };
}
