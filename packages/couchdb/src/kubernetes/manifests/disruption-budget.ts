import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import { nodeSelector } from './labels.js';
import { objectMeta } from './object-meta.js';
import type { ManifestPlan } from './settings.js';

/**
 * One node at a time may be evicted: that is what a ring gets over. It never blocks a machine that is to be emptied for
 * good: the only node of a cluster may go too, and so may those that are not ready anyway.
 */
export function disruptionBudget(plan: ManifestPlan): V1PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: objectMeta(plan, 'disruption-budget'),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: nodeSelector(plan.name) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
