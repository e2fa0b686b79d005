import type { V1ObjectMeta } from '@kubernetes/client-node';
import { objectLabels, type Component } from './labels.js';
import type { ManifestPlan } from './settings.js';

/** The metadata of one of a cluster's objects; `suffix` comes after the cluster's name. */
export function objectMeta({ settings, wish, name }: ManifestPlan, component: Component, suffix = ''): ObjectMeta {
  return {
    name: `${name}${suffix}`,
    namespace: settings.namespace,
    labels: objectLabels(settings.installId, wish, component),
  };
}

type ObjectMeta = Required<Pick<V1ObjectMeta, 'name' | 'namespace' | 'labels'>>;
