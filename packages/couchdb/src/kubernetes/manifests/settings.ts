import type { ClusterWish } from '../../cluster.js';
import { clusterName } from '../../cluster-name.js';

/** What all clusters of an installation have in common. */
export interface ManifestSettings {
  readonly installId: string;
  readonly namespace: string;
  readonly image: string;
  /** Where the image keeps its data, if not where the official ones do. */
  readonly dataPath?: string;
  /** CIDRs (`10.0.0.0/8`) that reach the nodes besides the nodes themselves and workers. None: there is no NetworkPolicy. */
  readonly allowFrom: readonly string[];
  /** Of each volume: `5Gi`. */
  readonly storage: string;
  /** Missing: the cluster's standard one. */
  readonly storageClass?: string;
}

/** Everything that a manifest is made from. Two clusters of equal plans have equal manifests. */
export interface ManifestPlan {
  readonly settings: ManifestSettings;
  readonly wish: ClusterWish;
  /** `my-test-db1-1a2b3c4d`. */
  readonly name: string;
}

export function planManifests(settings: ManifestSettings, wish: ClusterWish): ManifestPlan {
  return { settings, wish, name: clusterName(wish) };
}
