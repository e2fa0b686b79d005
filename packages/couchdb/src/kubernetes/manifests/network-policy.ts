import type { V1NetworkPolicy } from '@kubernetes/client-node';
import { nodeSelector, WORKER_LABELS } from './labels.js';
import { objectMeta } from './object-meta.js';
import { COUCHDB_PORT } from './pod-template.js';
import type { ManifestPlan } from './settings.js';

/** Lets the cluster's own nodes, workers in any namespace and the given networks reach CouchDB, and nobody else. */
export function networkPolicy(plan: ManifestPlan): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: objectMeta(plan, 'network-policy'),
    spec: {
      podSelector: { matchLabels: nodeSelector(plan.name) },
      policyTypes: ['Ingress'],
      ingress: [
        {
          ports: [{ port: COUCHDB_PORT, protocol: 'TCP' }],
          // `from`, as the client's types call it.
          _from: [
            { podSelector: { matchLabels: nodeSelector(plan.name) } },
            { namespaceSelector: {}, podSelector: { matchLabels: { ...WORKER_LABELS } } },
            ...plan.settings.allowFrom.map((cidr) => ({ ipBlock: { cidr } })),
          ],
        },
      ],
    },
  };
}
