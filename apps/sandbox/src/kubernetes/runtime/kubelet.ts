import type { ObjectStore } from '../objects.js';
import type { Addresses } from './addresses.js';
import type { ClaimFolders } from './claims.js';
import type { StartProcess } from './container-process.js';
import { createPodRun, type PodRun } from './pod-run.js';
import { isReady } from './pod-spec.js';

export interface RuntimeTimes {
  /** From a pod's creation until its node takes it. */
  readonly scheduleMs: number;
  /** How often a pod is asked whether it is ready. */
  readonly probeMs: number;
  /** The first wait of a container that crashes again. */
  readonly backoffMs: number;
}

/** What a pod's life needs around it. */
export interface NodeWorld {
  readonly store: ObjectStore;
  readonly now: () => number;
  readonly times: RuntimeTimes;
  readonly addresses: Addresses;
  readonly claims: ClaimFolders;
  /** Address of the node. */
  readonly hostIp: string;
  /** Where pods get folders of their own. */
  readonly directory: string;
  readonly startProcess: StartProcess;
}

/** The node's side of pods: their processes follow the objects, their statuses follow the processes. */
export interface Kubelet {
  reconcile(): void;
  signal(pod: string, signal: NodeJS.Signals): boolean;
  show(): object[];
  /** Ends every process at once. Resolves when the last one has ended. */
  killAll(): Promise<void>;
}

export function createKubelet(world: NodeWorld): Kubelet {
  const runs = new Map<string, PodRun>();
  let whenEmpty: (() => void)[] = [];

  function forget(uid: string): void {
    runs.delete(uid);
    if (runs.size === 0) {
      for (const resolve of whenEmpty) resolve();
      whenEmpty = [];
    }
    // Its volume or its name may be what another pod waits for.
    for (const run of runs.values()) run.step();
  }

  return {
    reconcile() {
      const pods = world.store.list('Pod');
      const uids = new Set(pods.map(({ metadata }) => metadata.uid));
      for (const [uid, run] of runs) if (!uids.has(uid)) run.kill();
      for (const pod of pods) {
        const { uid } = pod.metadata;
        const run = runs.get(uid) ?? createPodRun(pod, world, () => forget(uid));
        runs.set(uid, run);
        run.step();
      }
    },
    signal(name, signal) {
      const pod = world.store.list('Pod').find(({ metadata }) => metadata.name === name);
      return (pod && runs.get(pod.metadata.uid)?.signal(signal)) ?? false;
    },
    show: () =>
      world.store.list('Pod').map((pod) => {
        const run = runs.get(pod.metadata.uid);
        const [status] = (pod.status?.['containerStatuses'] ?? []) as { restartCount: number }[];
        return {
          name: pod.metadata.name,
          namespace: pod.metadata.namespace,
          phase: pod.status?.['phase'] ?? 'Pending',
          ip: run?.ip ?? null,
          ready: isReady(pod),
          restarts: status?.restartCount ?? 0,
          leaving: pod.metadata.deletionTimestamp !== undefined,
          pid: run?.pid ?? null,
          folder: run?.folder ?? null,
        };
      }),
    killAll() {
      const all = new Promise<void>((resolve) => {
        if (runs.size === 0) resolve();
        else whenEmpty.push(resolve);
      });
      for (const run of runs.values()) run.kill();
      return all;
    },
  };
}
