import { describeError, type Logger } from '@quartermaster/foundation';
import { createFeed, type Reader, type Subscription, type SubscribeOptions } from '../feed.js';
import { SERVICE_PREFIX, WATCHED_RANGE } from '../keys.js';
import {
  applyChanges,
  compareStates,
  createState,
  describeNow,
  eventsOf,
  isStateOf,
  type KeyChange,
  type Listing,
  type ServiceState,
} from '../service-state.js';
import type { EtcdConnection } from './connect.js';
import { listRange } from './requests.js';
import { startWatch, type WatchTarget } from './watch.js';

/** A change that is on its way when everything is listed has arrived after this. */
const ON_ITS_WAY_MS = 1000;
/** Keys that are not ours are named in the log once, and no more than so many. */
const REFUSED_NAMED_AT_MOST = 1000;

export interface FollowerOptions {
  readonly connection: EtcdConnection;
  readonly log: Logger;
  readonly compareEveryMs: number;
  /** Told what etcd holds under a key at a revision; `lease` is undefined when the key has gone. */
  readonly observe: (key: string, revision: number, lease: string | undefined) => void;
  /** etcd turned out to be another one, or an older copy; it is at this revision. */
  readonly onReplaced: (revision: number) => void;
  /** Keys that this process holds. */
  readonly ownKeys: () => readonly string[];
}

/** Knows what is registered, keeps knowing it, and tells the readers. */
export interface Follower {
  subscribe(options: SubscribeOptions, reader: Reader): Subscription;
  isCurrent(): boolean;
  /** Up to which etcd is known here, 0 before anything is. */
  revision(): number;
  /** Tells `observe` what is known of a key. */
  observeKey(key: string): void;
  stop(): Promise<void>;
}

export function createFollower(options: FollowerOptions): Follower {
  const { connection, log, compareEveryMs, observe } = options;
  let state: ServiceState = createState({ revision: 0, keys: [] });
  let isKnown = false;
  let isConnected = false;
  /** Keys that changed while a comparison is on its way. */
  let touched: Set<string> | undefined;
  let listings = 0;
  const refused = new Set<string>();

  const feed = createFeed({ revision: () => state.revision, describeNow: (service) => describeNow(state, service) });

  const onRefused = (key: string): void => {
    if (refused.has(key) || refused.size >= REFUSED_NAMED_AT_MOST) return;
    refused.add(key);
    log.warn('A key in etcd has not the form of a registration or event; it is passed over', { key });
  };

  const observeOwn = (revision: number): void => {
    for (const key of options.ownKeys()) observe(key, revision, state.keys.get(key)?.lease);
  };

  const target: WatchTarget = {
    revision: () => (isKnown ? state.revision : undefined),
    isOurPast: (past) => isStateOf(state, past),
    onListing: (listing, isContinued) => {
      listings += 1;
      const isReplaced = isKnown && !isContinued;
      if (isContinued) {
        feed.publish(compareStates(state, listing, { onRefused }));
        state.revision = Math.max(state.revision, listing.revision);
      } else {
        if (isReplaced) log.warn('etcd is another one, or an older copy; everything is read anew');
        state = createState(listing, onRefused);
        isKnown = true;
        feed.restart(eventsOf(listing));
      }
      feed.confirm(listing.revision);
      if (isReplaced) options.onReplaced(listing.revision);
      else observeOwn(listing.revision);
    },
    onChanges: (changes: readonly KeyChange[]) => {
      const fresh = changes.filter(({ revision }) => revision > state.revision);
      for (const { key } of fresh) touched?.add(key);
      feed.publish(applyChanges(state, fresh, onRefused));
      for (const change of fresh) {
        if (!change.key.startsWith(SERVICE_PREFIX)) continue;
        observe(change.key, change.revision, change.kind === 'put' ? change.lease : undefined);
      }
    },
    onConfirmed: (revision) => feed.confirm(revision),
    onConnected: (now) => void (isConnected = now),
  };

  /** Repairs what was missed, should anything ever be; what is on its way just now is left alone. */
  const compare = async (): Promise<void> => {
    if (!isKnown || !isConnected || touched !== undefined) return;
    touched = new Set();
    const before = listings;
    try {
      const { start, end } = WATCHED_RANGE;
      const listing: Listing = await connection.call((client) => listRange(client, start, end));
      await new Promise((resolve) => setTimeout(resolve, ON_ITS_WAY_MS));
      if (!isConnected || listings !== before) return;
      feed.confirm(Math.max(listing.revision, state.revision));
      const exempt = touched;
      const missed = compareStates(state, listing, { isExempt: (key) => exempt.has(key), onRefused });
      if (missed.length === 0) return;
      log.warn('The comparison with etcd has found changes that the watch has not told', { count: missed.length });
      feed.publish(missed);
      observeOwn(listing.revision);
      watch.startAnew();
    } catch (error) {
      log.debug('Nothing could be compared with etcd', { error: describeError(error) });
    } finally {
      touched = undefined;
    }
  };

  const watch = startWatch(connection, target, log);
  const comparisons = setInterval(() => void compare(), compareEveryMs);
  return {
    subscribe: (asked, reader) => {
      const subscription = feed.subscribe(asked, reader);
      // Ahead of us: either we lag behind, or it was another etcd; asking etcd tells.
      if ((asked.since ?? 0) > state.revision) void compare();
      return subscription;
    },
    isCurrent: () => isKnown && isConnected,
    revision: () => state.revision,
    observeKey: (key) => {
      const stored = state.keys.get(key);
      observe(key, stored?.revision ?? state.revision, stored?.lease);
    },
    stop: async () => {
      clearInterval(comparisons);
      await watch.stop();
    },
  };
}
