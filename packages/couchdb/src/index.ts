/**
 * CouchDB clusters: what one is and is called (`cluster`), the ring of replications through its nodes (`ring`), what
 * Kubernetes and CouchDB do for it (`cluster-host`, `couch-port`: ports), what is read from requests (`requests`) and shown
 * in answers (`show-cluster`). Loads no SDK; `kubernetes` and `http` are the ports made real.
 */
export * from './cluster.js';
export * from './cluster-host.js';
export * from './cluster-name.js';
export * from './couch-port.js';
export * from './couchdb-variables.js';
export * from './look-at-ring.js';
export * from './needs-mending.js';
export * from './operation.js';
export * from './password.js';
export * from './requests.js';
export * from './ring.js';
export * from './show-cluster.js';
