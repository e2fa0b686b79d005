import type { V1Deployment } from '@kubernetes/client-node';
import { nodeSelector } from './labels.js';
import { objectMeta } from './object-meta.js';
import { podTemplate } from './pod-template.js';
import type { ManifestPlan } from './settings.js';

/** Nodes without volumes that outlive their pods: data survive a container that is started anew, and no more. */
export function deployment(plan: ManifestPlan): V1Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: objectMeta(plan, 'node'),
    spec: {
      replicas: plan.wish.replicas,
      selector: { matchLabels: nodeSelector(plan.name) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: podTemplate(plan, { emptyDir: {} }),
    },
  };
}
