/** The discovery port over etcd's client; the only place that loads it. */
export { createEtcdDiscovery, type EtcdDiscoveryOptions } from './discovery.js';
