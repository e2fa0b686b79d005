import type { V1StatefulSet } from '@kubernetes/client-node';
import { nodeSelector, objectLabels } from './labels.js';
import { objectMeta } from './object-meta.js';
import { DATA_VOLUME, podTemplate } from './pod-template.js';
import { claimSpec } from './replication-controller.js';
import type { ManifestPlan } from './settings.js';

/**
 * Nodes `<name>-0` …, each with a claim `data-<name>-<ordinal>` that outlives it. A changed template restarts nobody
 * (`OnDelete`): who restarts nodes is who knows the ring.
 */
export function statefulSet(plan: ManifestPlan): V1StatefulSet {
  const { settings, wish, name } = plan;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: objectMeta(plan, 'node'),
    spec: {
      replicas: wish.replicas,
      serviceName: `${name}-nodes`,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      selector: { matchLabels: nodeSelector(name) },
      template: podTemplate(plan),
      volumeClaimTemplates: [
        {
          metadata: { name: DATA_VOLUME, labels: objectLabels(settings.installId, wish, 'node') },
          spec: claimSpec(settings),
        },
      ],
    },
  };
}

/** The claim of one of its pods. */
export function claimOfPod(pod: string): string {
  return `${DATA_VOLUME}-${pod}`;
}
