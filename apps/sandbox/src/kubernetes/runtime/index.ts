/**
 * What makes the sandbox's Kubernetes alive: controllers that keep pods, pods that are real CouchDB-compatible processes on
 * loopback addresses of their own, claims that are folders, Services that listen.
 */
import type { Logger } from '@quartermaster/foundation';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesRuntime, ObjectStore } from '../objects.js';
import { createAddresses } from './addresses.js';
import { createClaimFolders } from './claims.js';
import { createStartProcess } from './container-process.js';
import { reconcileDeployments } from './deployments.js';
import { createKubelet, type RuntimeTimes } from './kubelet.js';
import { reconcileReplicationControllers } from './replication-controllers.js';
import { createServiceProxies } from './services.js';
import { reconcileStatefulSets } from './stateful-sets.js';

export interface KubernetesRuntimeOptions {
  readonly store: ObjectStore;
  readonly log: Logger;
  readonly now: () => number;
  readonly times: RuntimeTimes;
  /** Where pods and claims get their folders; a new one of the system's temporary directory unless named. */
  readonly directory?: string;
  /** Numbers in [0, 1): names, addresses, and which pod a connection goes to. */
  readonly random?: () => number;
}

export type { RuntimeTimes };

export function createKubernetesRuntime(options: KubernetesRuntimeOptions): KubernetesRuntime {
  const { store, log, now, times, random = Math.random } = options;
  // Not made before it is needed: most sandboxes never run a pod.
  const directory =
    options.directory ??
    join(tmpdir(), `quartermaster-sandbox-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  const addresses = createAddresses(random);
  const claims = createClaimFolders(store, directory);
  const startProcess = createStartProcess((line) => log.debug('A pod says', { line }));
  const kubelet = createKubelet({ store, now, times, addresses, claims, hostIp: '127.0.0.1', directory, startProcess });
  const proxies = createServiceProxies(store, random, log);
  const controlled = { store, now, random };
  let due: NodeJS.Immediate | undefined;
  let stopListening: (() => void) | undefined;
  let ended = false;

  function reconcile(): void {
    due = undefined;
    try {
      reconcileDeployments(controlled);
      reconcileReplicationControllers(controlled);
      reconcileStatefulSets(controlled);
      claims.reconcile();
      kubelet.reconcile();
      proxies.reconcile();
    } catch (error) {
      log.error('The Kubernetes of the sandbox is stuck', { error: String(error) });
    }
  }

  return {
    async start() {
      await addresses.start();
      stopListening = store.onChange(({ type, object }) => {
        const address = object.spec?.['clusterIP'];
        if (type === 'removed' && object.kind === 'Service') addresses.giveBack(String(address));
        if (!ended) due ??= setImmediate(reconcile);
      });
    },
    async stop() {
      ended = true;
      stopListening?.();
      if (due !== undefined) clearImmediate(due);
      proxies.closeAll();
      await kubelet.killAll();
      addresses.stop();
      rmSync(directory, { recursive: true, force: true });
    },
    reset() {
      store.clear();
      void kubelet.killAll();
      proxies.closeAll();
    },
    clusterIpFor: () => addresses.take(),
    control: {
      show: () => ({ pods: kubelet.show(), services: proxies.show(), claims: claims.show() }),
      signal: (pod, signal) => kubelet.signal(pod, signal),
    },
  };
}
