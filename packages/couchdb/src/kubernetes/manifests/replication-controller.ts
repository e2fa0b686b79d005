import type {
  V1PersistentVolumeClaim,
  V1PersistentVolumeClaimSpec,
  V1ReplicationController,
} from '@kubernetes/client-node';
import { LABELS, nodeSelector } from './labels.js';
import { objectMeta } from './object-meta.js';
import { nodeName, podTemplate } from './pod-template.js';
import type { ManifestPlan, ManifestSettings } from './settings.js';

/** Keeps the pod of one node, whose volume is the claim of the same name. `number`: from 1. */
export function replicationController(plan: ManifestPlan, number: number): V1ReplicationController {
  const { labels, ...meta } = objectMeta(plan, 'node', `-${number}`);
  const name = nodeName(plan, number);
  const node = { [LABELS.node]: name };
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { ...meta, labels: { ...labels, ...node } },
    spec: {
      replicas: 1,
      selector: { ...nodeSelector(plan.name), ...node },
      template: podTemplate(plan, { persistentVolumeClaim: { claimName: name } }, node),
    },
  };
}

/** The volume of one node. */
export function volumeClaim(plan: ManifestPlan, number: number): V1PersistentVolumeClaim {
  const { labels, ...meta } = objectMeta(plan, 'volume', `-${number}`);
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...meta, labels: { ...labels, [LABELS.node]: nodeName(plan, number) } },
    spec: claimSpec(plan.settings),
  };
}

export function claimSpec({ storage, storageClass }: ManifestSettings): V1PersistentVolumeClaimSpec {
  return {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage } },
    ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
  };
}
