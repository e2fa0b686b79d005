/**
 * Services that know of each other: what is registered, what changed, who is told. Everything here is pure or a port in our
 * own words; `@quartermaster/discovery/etcd` makes the port real.
 */
export * from './discovery.js';
export * from './etcd-settings.js';
export * from './feed.js';
export * from './keys.js';
export * from './message.js';
export * from './node.js';
export * from './request-schemas.js';
export * from './service-state.js';
