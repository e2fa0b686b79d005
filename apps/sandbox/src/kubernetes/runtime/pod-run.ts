import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../objects.js';
import { planContainer } from './container-plan.js';
import type { ContainerProcess, ProcessEnd } from './container-process.js';
import type { NodeWorld } from './kubelet.js';
import { COUCHDB_PORT } from './pod-orders.js';
import { claimsOf, containersOf, isLeaving } from './pod-spec.js';
import { podStatus, type Ended, type PodState, type Waiting } from './pod-status.js';
import { watchHealth, type Health, type HealthWatch } from './probes.js';

/** One pod on the sandbox's only node, from its creation to the end of its process. */
export interface PodRun {
  readonly ip: string | undefined;
  readonly pid: number | undefined;
  /** Databases on disk; `undefined`: in memory. */
  readonly folder: string | undefined;
  /** Goes on where something has changed, or time has passed. */
  step(): void;
  signal(signal: NodeJS.Signals): boolean;
  /** The object is gone: so is the process. */
  kill(): void;
}

/** Where a pod says it is. */
export const NODE_NAME = 'sandbox';
/** A container that can't be made is looked at again this often, besides at every change. */
const RETRY_MS = 1000;
/** The longest wait after crashes, in first waits. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy */
const MOST_BACKOFF = 30;
/** A container that ran that many first waits begins anew with its waits. */
const CALM = 20;

const NOT_STARTED: Health = { started: false, ready: false, lost: false };

export function createPodRun(first: KubeObject, world: NodeWorld, onOver: () => void): PodRun {
  const { store, times, now, hostIp } = world;
  const { uid, name, namespace } = first.metadata;
  const cwd = join(world.directory, 'pods', uid);
  const born = now();
  let ip: string | undefined;
  let startTime: number | undefined;
  let unschedulable: string | undefined;
  let process: ContainerProcess | undefined;
  let running: PodState['running'];
  let folder: string | undefined;
  let waiting: Waiting | undefined;
  let last: Ended | undefined;
  let crashes = 0;
  let restartCount = 0;
  let notBefore = 0;
  let health = NOT_STARTED;
  let watch: HealthWatch | undefined;
  let timer: NodeJS.Timeout | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  let killed = false;
  let over = false;

  const podNow = (): KubeObject | undefined => {
    const pod = store.get('Pod', namespace, name);
    return pod?.metadata.uid === uid ? pod : undefined;
  };

  function wakeIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(step, ms);
  }

  function step(): void {
    const pod = podNow();
    if (over || killed || pod === undefined) return;
    if (isLeaving(pod)) leave(pod.metadata.deletionGracePeriodSeconds ?? 0);
    else if (startTime !== undefined || schedule(pod)) begin(pod);
    writeStatus();
  }

  function schedule(pod: KubeObject): boolean {
    const wait = born + times.scheduleMs - now();
    if (wait > 0) {
      wakeIn(wait);
      return false;
    }
    unschedulable = world.claims.missingFor(pod);
    if (unschedulable !== undefined) return false;
    startTime = now();
    ip = world.addresses.take();
    store.update({ ...pod, spec: { ...pod.spec, nodeName: NODE_NAME } });
    return true;
  }

  function begin(pod: KubeObject): void {
    const [container] = containersOf(pod);
    if (process !== undefined || container === undefined || ip === undefined) return;
    if (now() < notBefore) return wakeIn(notBefore - now());
    const plan = planContainer(pod, container, (secret) => store.get('Secret', namespace, secret));
    if (plan.kind === 'waits') {
      const isBackOff = plan.reason === 'ErrImagePull' && waiting !== undefined;
      const { message } = plan;
      waiting = isBackOff
        ? { reason: 'ImagePullBackOff', message: `Back-off pulling image "${container.image}"` }
        : { reason: plan.reason, message };
      return wakeIn(RETRY_MS);
    }
    if (plan.kind === 'crashes') return crash({ exitCode: 1, message: plan.message }, now(), containerId());
    const other = world.claims.holderBesides(uid, namespace, Object.values(claimsOf(pod)));
    if (other !== undefined) {
      waiting = { reason: 'ContainerCreating', message: `a volume is still attached to the pod ${other}` };
      return wakeIn(RETRY_MS);
    }
    mkdirSync(cwd, { recursive: true });
    folder = plan.data && join(world.claims.folderOf(namespace, plan.data.claim), plan.data.subPath);
    const { admins, image } = plan;
    const orders = {
      directory: world.directory,
      host: ip,
      port: COUCHDB_PORT,
      version: image.version,
      admins,
      ...(folder === undefined ? {} : { folder }),
    };
    const mine = { startedAt: now(), containerId: containerId() };
    running = mine;
    waiting = undefined;
    world.claims.hold(uid, name, namespace, Object.values(claimsOf(pod)));
    process = world.startProcess(cwd, orders, (end) => ended(end, mine));
    watch = watchHealth({ container, host: ip, now, everyMs: times.probeMs, onChange: changeHealth });
  }

  function changeHealth(next: Health): void {
    health = next;
    if (next.lost) terminate(podNow()?.spec?.['terminationGracePeriodSeconds'] as number | undefined);
    writeStatus();
  }

  function ended(end: ProcessEnd, { startedAt, containerId: id }: NonNullable<PodState['running']>): void {
    clearTimeout(killTimer);
    killTimer = undefined;
    watch?.stop();
    process = undefined;
    running = undefined;
    health = NOT_STARTED;
    const pod = podNow();
    if (killed || pod === undefined || isLeaving(pod)) return finish();
    crash(end, startedAt, id);
    step();
  }

  /** The first new start is at once; then each waits twice as long as the one before. */
  function crash(end: ProcessEnd, startedAt: number, id: string): void {
    last = { ...end, startedAt, finishedAt: now(), containerId: id };
    if (now() - startedAt > CALM * times.backoffMs) crashes = 0;
    const wait = crashes === 0 ? 0 : times.backoffMs * Math.min(2 ** (crashes - 1), MOST_BACKOFF);
    crashes += 1;
    restartCount += 1;
    notBefore = now() + wait;
    if (wait > 0) waiting = { reason: 'CrashLoopBackOff', message: `back-off ${wait}ms restarting failed container` };
    wakeIn(wait);
  }

  /** SIGTERM, and SIGKILL when the time is over. */
  function terminate(graceSeconds = 30): void {
    if (killTimer !== undefined && graceSeconds > 0) return;
    clearTimeout(killTimer);
    process?.signal(graceSeconds > 0 ? 'SIGTERM' : 'SIGKILL');
    killTimer = setTimeout(() => process?.signal('SIGKILL'), graceSeconds * 1000);
  }

  function leave(graceSeconds: number): void {
    if (process === undefined) finish();
    else terminate(graceSeconds);
  }

  function finish(): void {
    if (over) return;
    over = true;
    clearTimeout(timer);
    clearTimeout(killTimer);
    watch?.stop();
    rmSync(cwd, { recursive: true, force: true });
    world.claims.letGo(uid);
    if (ip !== undefined) world.addresses.giveBack(ip);
    if (podNow() !== undefined) store.remove('Pod', namespace, name);
    onOver();
  }

  function writeStatus(): void {
    const pod = podNow();
    if (pod === undefined || over) return;
    const containers = containersOf(pod);
    const ready = health.ready && running !== undefined && containers.length === 1;
    const state: PodState = {
      scheduled: startTime !== undefined,
      hostIp,
      restartCount,
      started: health.started,
      ready,
      ...(unschedulable === undefined ? {} : { unschedulable }),
      ...(ip === undefined ? {} : { ip }),
      ...(startTime === undefined ? {} : { startTime }),
      ...(running === undefined ? {} : { running }),
      ...(waiting === undefined ? {} : { waiting }),
      ...(last === undefined ? {} : { last }),
    };
    store.update({ ...pod, status: podStatus(pod, containers, state, now()) });
  }

  return {
    get ip() {
      return ip;
    },
    get pid() {
      return process?.pid;
    },
    get folder() {
      return folder;
    },
    step,
    signal(signal) {
      process?.signal(signal);
      return process !== undefined;
    },
    kill() {
      killed = true;
      if (process === undefined) finish();
      else process.signal('SIGKILL');
    },
  };
}

const containerId = (): string => `sandbox://${randomBytes(32).toString('hex')}`;
