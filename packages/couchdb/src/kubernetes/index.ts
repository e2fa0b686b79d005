/** Clusters in Kubernetes, by its official client. */
export { createKubernetesHost, type KubernetesOptions } from './create-kubernetes-host.js';
