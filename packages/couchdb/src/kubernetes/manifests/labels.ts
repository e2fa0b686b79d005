import { createHash } from 'node:crypto';
import type { ClusterKey } from '../../cluster.js';
import { clusterName, ownerHash } from '../../cluster-name.js';

/** Labels by what they say. https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export const LABELS = {
  name: 'app.kubernetes.io/name',
  /** The cluster's name. */
  instance: 'app.kubernetes.io/instance',
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  install: 'quartermaster/install',
  owner: 'quartermaster/owner',
  tag: 'quartermaster/tag',
  /** `true`: the front Service has connections go there. */
  serving: 'quartermaster/serving',
  /** Of one node's objects (rc): the node's name. */
  node: 'quartermaster/node',
} as const;

/** What the worker's pods are known by, in whatever namespace. */
export const WORKER_LABELS = {
  'app.kubernetes.io/part-of': 'quartermaster',
  'app.kubernetes.io/component': 'worker',
} as const;

export type Component = 'front' | 'node' | 'credentials' | 'network-policy' | 'disruption-budget' | 'volume';
export type Labels = Readonly<Record<string, string>>;

const VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** An installation's id as a label's value: itself where it is one (it may not end in `.`, `-` or `_`), else with a hash. */
export function installLabel(installId: string): string {
  if (VALUE.test(installId)) return installId;
  const hash = createHash('sha256').update(installId).digest('hex').slice(0, 8);
  return `${installId.slice(0, 50).replace(/[^A-Za-z0-9]+$/, '')}-${hash}`;
}

/** What all of an installation's objects are found by. */
export function installLabels(installId: string): Labels {
  return { [LABELS.managedBy]: 'quartermaster', [LABELS.install]: installLabel(installId) };
}

/** What all of one account's objects are found by. */
export function ownerLabels(installId: string, owner: string): Labels {
  return { ...installLabels(installId), [LABELS.owner]: ownerHash(owner) };
}

/** What all of one cluster's objects are found by. */
export function clusterLabels(installId: string, key: ClusterKey): Labels {
  return { ...ownerLabels(installId, key.owner), [LABELS.instance]: clusterName(key) };
}

/** On every object of a cluster. */
export function objectLabels(installId: string, key: ClusterKey, component: Component): Record<string, string> {
  return {
    [LABELS.name]: 'couchdb',
    ...clusterLabels(installId, key),
    [LABELS.component]: component,
    [LABELS.tag]: key.tag,
  };
}

/** A cluster's pods, serving or not. Fixed for good: what controllers select by can not be changed. */
export function nodeSelector(name: string): Record<string, string> {
  return { [LABELS.instance]: name, [LABELS.component]: 'node' };
}

/** `a=1,b=2`, as lists are asked for. */
export function toSelector(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
