import type { Logger } from '@quartermaster/foundation';
import { randomUUID } from 'node:crypto';
import type { SandboxConfig } from '../config.js';
import type { Records } from '../records.js';
import type { Service } from '../service.js';
import { collectGarbage } from './deletion.js';
import { createKubernetesService } from './kubernetes-service.js';
import type { KubernetesRuntime } from './objects.js';
import { createKubernetesRuntime } from './runtime/index.js';
import { createObjectStore } from './store.js';

export interface KubernetesOptions {
  readonly config: SandboxConfig;
  readonly records: Records;
  readonly log: Logger;
  readonly now: () => number;
}

export interface Kubernetes extends Pick<KubernetesRuntime, 'start' | 'stop' | 'reset' | 'control'> {
  readonly service: Service;
}

/** How often the node looks after its pods. */
const PROBE_MS = 100;

/** A cluster: its objects, the API to them, and what makes them real. */
export function createKubernetes({ config, records, log, now }: KubernetesOptions): Kubernetes {
  const store = createObjectStore({ now, uid: randomUUID });
  const runtime = createKubernetesRuntime({
    store,
    log,
    now,
    times: {
      scheduleMs: config.SANDBOX_KUBERNETES_SCHEDULE_MS,
      probeMs: PROBE_MS,
      backoffMs: config.SANDBOX_KUBERNETES_BACKOFF_MS,
    },
  });
  collectGarbage(store, now);
  const token = config.SANDBOX_KUBERNETES_TOKEN;
  const service = createKubernetesService({
    store,
    clusterIpFor: () => runtime.clusterIpFor(),
    records,
    now,
    namespaces: config.SANDBOX_KUBERNETES_NAMESPACES,
    ...(token === undefined ? {} : { token }),
  });
  return {
    service,
    start: () => runtime.start(),
    stop: () => runtime.stop(),
    reset: () => runtime.reset(),
    control: runtime.control,
  };
}
