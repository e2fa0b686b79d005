import { randomUUID } from 'node:crypto';
import type { Logger } from '@quartermaster/foundation';
import type { Discovery } from '../discovery.js';
import type { EtcdConfig } from '../etcd-settings.js';
import { endOfPrefix, EVENT_PREFIX, parseRegistration, SERVICE_PREFIX, serviceOfKey, servicePrefix } from '../keys.js';
import { formatEvent } from '../message.js';
import { createState, nodesOf } from '../service-state.js';
import { connectEtcd } from './connect.js';
import { createFollower } from './follow.js';
import { createKeepAlives } from './keep-alives.js';
import { createRegistration, type KeyRegistration } from './registration.js';
import { listRange, putKey } from './requests.js';

/** How long a custom event is kept in etcd: whoever was cut off for longer does not get it. */
const EVENT_TTL_SECONDS = 60;

export interface EtcdDiscoveryOptions {
  readonly config: EtcdConfig;
  readonly log: Logger;
  /** How often everything known is compared with everything there is (ms). */
  readonly compareEveryMs?: number;
  /** A lost registration is made anew after up to this (ms). */
  readonly jitterMs?: number;
}

/** Discovery over etcd 3.3 or newer. Begins at once, also when etcd is not there yet, and goes on until `stop`. */
export function createEtcdDiscovery(options: EtcdDiscoveryOptions): Discovery {
  const { config, log, compareEveryMs = 60_000, jitterMs = 1000 } = options;
  const connection = connectEtcd(config, log);
  const keepAlives = createKeepAlives(connection, log);
  const registrations = new Map<string, Set<KeyRegistration>>();
  const observe = (key: string, revision: number, lease: string | undefined): void => {
    for (const registration of registrations.get(key) ?? []) registration.observe(revision, lease);
  };
  const follower = createFollower({
    connection,
    log,
    compareEveryMs,
    observe,
    onReplaced: (revision) => {
      for (const those of registrations.values()) for (const one of those) one.doubt(revision);
    },
    ownKeys: () => [...registrations.keys()],
  });

  const add = (registration: KeyRegistration): void => {
    const those = registrations.get(registration.key);
    if (those === undefined) registrations.set(registration.key, new Set([registration]));
    else those.add(registration);
  };
  const remove = (registration: KeyRegistration): void => {
    const those = registrations.get(registration.key);
    those?.delete(registration);
    if (those?.size === 0) registrations.delete(registration.key);
  };

  return {
    register: async (asked) => {
      const registration = await createRegistration({
        ...asked,
        connection,
        keepAlives,
        log,
        ttlMs: config.ETCD_TTL,
        jitterMs,
        knownUpTo: follower.revision(),
        onOver: remove,
      });
      add(registration);
      // What happened to the key before we were looking.
      follower.observeKey(registration.key);
      return registration;
    },
    services: async () => {
      const end = endOfPrefix(SERVICE_PREFIX);
      const { keys } = await connection.call((client) => listRange(client, SERVICE_PREFIX, end));
      const named = keys.filter(({ key, value }) => parseRegistration(key, value) !== undefined);
      return [...new Set(named.map(({ key }) => serviceOfKey(key) ?? ''))].sort();
    },
    nodes: async (service) => {
      const prefix = servicePrefix(service);
      const listing = await connection.call((client) => listRange(client, prefix, endOfPrefix(prefix)));
      return nodesOf(createState(listing), service);
    },
    emit: async (event) => {
      const key = EVENT_PREFIX + randomUUID();
      const { ID } = await connection.call((client) => client.leaseClient.leaseGrant({ TTL: EVENT_TTL_SECONDS }));
      const put = { key, value: formatEvent(event), lease: ID, knownUpTo: 0 };
      return (await connection.call((client) => putKey(client, put))).revision;
    },
    leader: async () => {
      const { leader, header } = await connection.call((client) => client.maintenance.status());
      return { leader, member_id: header.member_id };
    },
    subscribe: (asked, reader) => follower.subscribe(asked, reader),
    isCurrent: () => follower.isCurrent(),
    stop: async () => {
      await follower.stop();
      for (const those of registrations.values()) for (const registration of those) registration.abandon();
      keepAlives.stop();
      connection.close();
    },
  };
}
