import { canonicalIp, formatAddress, isServiceName, parseAddress, type ServiceNode } from './node.js';

/** Registered nodes: `service/<service>/<ip>:<port>` with the value `ip:port`; bound to a lease. */
export const SERVICE_PREFIX = 'service/';
/** Tombstones of nodes that left on purpose: `left/<service>/<ip>:<port>`, bound to the lease that the node had. */
export const LEFT_PREFIX = 'left/';
/** Custom events, bound to a lease of their own. */
export const EVENT_PREFIX = 'event/';

/**
 * The range of keys that one watch covers: all three prefixes and what lies between them, which is passed over. One
 * watch, since etcd tells the changes of one revision together only within a watch, and a node's end must be seen
 * together with its tombstone. An etcd with users must grant ours this range.
 */
export const WATCHED_RANGE = { start: EVENT_PREFIX, end: endOfPrefix(SERVICE_PREFIX) } as const;

/** The first key behind all those with an (ASCII) prefix. */
export function endOfPrefix(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** What every key of a service begins with. The slash at the end keeps `api` and `api-v2` apart. */
export function servicePrefix(service: string): string {
  return `${SERVICE_PREFIX}${service}/`;
}

export function nodeKey(service: string, node: ServiceNode): string {
  return servicePrefix(service) + formatAddress(node);
}

/** The tombstone's key of a node's key. */
export function leftKey(key: string): string {
  return LEFT_PREFIX + key.slice(SERVICE_PREFIX.length);
}

/** The node's key of a tombstone's key. */
export function keyOfLeft(key: string): string {
  return SERVICE_PREFIX + key.slice(LEFT_PREFIX.length);
}

/** The service that a key under `service/` belongs to; `undefined` where it has not the form of one. */
export function serviceOfKey(key: string): string | undefined {
  const [, service = '', name = ''] = /^service\/([^/]+)\/([^/]+)$/.exec(key) ?? [];
  return isServiceName(service) && name !== '' ? service : undefined;
}

/**
 * The node that a key and its value stand for: `service/<service>/<ip>:<port>`, or Hound Dog's `service/<service>/<ip>`,
 * each with the value `ip:port`. A value that contradicts its key is refused like any other that is none: `undefined`.
 */
export function parseRegistration(key: string, value: string): { service: string; node: ServiceNode } | undefined {
  const service = serviceOfKey(key);
  const node = parseAddress(value);
  if (service === undefined || node === undefined) return undefined;
  const name = key.slice(servicePrefix(service).length);
  const named = parseAddress(name);
  const isSame = named === undefined ? canonicalIp(name) === node.ip : formatAddress(named) === formatAddress(node);
  return isSame ? { service, node } : undefined;
}
