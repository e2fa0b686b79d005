import type { V1Service, V1ServicePort } from '@kubernetes/client-node';
import { writeNewState } from './cluster-state.js';
import { LABELS, nodeSelector } from './labels.js';
import { objectMeta } from './object-meta.js';
import { COUCHDB_PORT, nodeName } from './pod-template.js';
import type { ManifestPlan } from './settings.js';

const PORT: V1ServicePort = { name: 'couchdb', port: COUCHDB_PORT, protocol: 'TCP', targetPort: 'couchdb' };

/** What a cluster's users connect to. It is made first and deleted last, and keeps what is wished of the cluster. */
export function frontService(plan: ManifestPlan, createdBy: string): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...objectMeta(plan, 'front'), annotations: writeNewState({ ...plan.wish, createdBy }) },
    spec: {
      type: 'ClusterIP',
      selector: { ...nodeSelector(plan.name), [LABELS.serving]: 'true' },
      ports: [PORT],
    },
  };
}

/** One node's address (rc), which stays when its pod is another one. It serves the ring: a node that leaves keeps it. */
export function nodeService(plan: ManifestPlan, number: number): V1Service {
  const { labels, ...meta } = objectMeta(plan, 'node', `-${number}`);
  const node = { [LABELS.node]: nodeName(plan, number) };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...meta, labels: { ...labels, ...node } },
    spec: { type: 'ClusterIP', selector: { ...nodeSelector(plan.name), ...node }, ports: [PORT] },
  };
}

/** The names of a StatefulSet's pods, which a StatefulSet asks for. Nothing of ours goes by them. */
export function headlessService(plan: ManifestPlan): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: objectMeta(plan, 'node', '-nodes'),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: nodeSelector(plan.name),
      ports: [PORT],
    },
  };
}
