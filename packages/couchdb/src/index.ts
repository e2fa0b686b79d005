/**
 * CouchDB clusters: what one is and is called (`cluster`), the ring of replications through its nodes (`ring`), what
 * Kubernetes and CouchDB do for it (`cluster-host`, `couch-port`: ports). Loads no SDK; `kubernetes` and `http` are the
 * ports made real.
 */
export * from './cluster.js';
export * from './cluster-host.js';
export * from './cluster-name.js';
export * from './couch-port.js';
export * from './operation.js';
export * from './ring.js';
