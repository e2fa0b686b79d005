/** What Kubernetes is told about a cluster: pure, typed by the client, which is not loaded for it. */
export * from './cluster-objects.js';
export * from './cluster-state.js';
export * from './labels.js';
export * from './secret.js';
export * from './services.js';
export * from './settings.js';
export { claimOfPod } from './stateful-set.js';
export { CONTAINER, COUCHDB_PORT, nodeName } from './pod-template.js';
