import { createHistory, type Told } from './history.js';
import { BROADCAST, type Telling } from './message.js';

/** Above so many unsent bytes a reader gets the latest snapshot of each service once it has caught up, no backlog. */
export const SNAPSHOT_INSTEAD_ABOVE = 1024 * 1024;
/** Above so many it is dropped: only custom events, which have no snapshot, or very large services bring it there. */
export const DROPPED_ABOVE = 4 * 1024 * 1024;
/** A reader has caught up when no more than this is unsent. */
const CAUGHT_UP_BELOW = 64 * 1024;
/** WebSocket's "try again later" (RFC 6455's registry of close codes). */
export const CLOSE_TRY_AGAIN_LATER = 1013;

/** A socket, as the feed needs it. */
export interface Reader {
  /** `data` is one message as JSON in UTF-8; the same buffer goes to all readers. */
  send(data: Buffer): void;
  unsentBytes(): number;
  close(code: number, reason: string): void;
}

export interface SubscribeOptions {
  readonly services: readonly string[];
  /** The id of the last message that the client has seen; 0 asks for a snapshot. */
  readonly since?: number | undefined;
}

export interface Subscription {
  /** To be called when bytes have left the reader: it may have caught up. */
  drained(): void;
  end(): void;
}

/** What the feed reads of the state. */
export interface FeedSource {
  revision(): number;
  describeNow(service: string): Telling;
}

/**
 * Tells every reader what it follows, each thing once and in order of revision.
 *
 * `since`: what is still known of the time after it is told, otherwise a snapshot: custom events that are still known,
 * then one message for each service followed, with its nodes of now (`PUT`, or `DELETE` when it has none). A `since` ahead
 * of us means that this process lags behind: nothing up to it is told again. When etcd itself turns out to be behind it
 * (`confirm`), it is another etcd, and the reader gets a snapshot.
 */
export interface Feed {
  subscribe(options: SubscribeOptions, reader: Reader): Subscription;
  publish(tellings: readonly Telling[]): void;
  /**
   * The state is a new one, not continued from what was told: forgets the past, and gives everyone a snapshot. `events` are
   * custom events that are older than the state: those who came with `since` may have missed them.
   */
  restart(events?: readonly Telling[]): void;
  /** etcd has said that its revision is this one now. */
  confirm(revision: number): void;
  readers(): number;
}

interface Follower {
  readonly services: ReadonlySet<string>;
  readonly reader: Reader;
  readonly cameBack: boolean;
  /** Nothing up to this revision is told: the reader has seen it elsewhere. */
  after: number;
  /** Services whose messages were left out: a snapshot of each is due. */
  readonly stale: Set<string>;
  isGone: boolean;
}

export function createFeed(source: FeedSource): Feed {
  const followers = new Set<Follower>();
  /** Those that a snapshot is due to. */
  const behind = new Set<Follower>();
  const byService = new Map<string, Set<Follower>>();
  const history = createHistory(source.revision());
  let snapshots = new Map<string, Told>();

  const snapshotOf = (service: string): Told => {
    const known = snapshots.get(service);
    const telling = known?.telling.revision === source.revision() ? known.telling : source.describeNow(service);
    const told = known?.telling === telling ? known : history.encode(telling);
    snapshots.set(service, told);
    return told;
  };

  const remove = (follower: Follower): void => {
    if (follower.isGone) return;
    follower.isGone = true;
    followers.delete(follower);
    behind.delete(follower);
    for (const service of follower.services) {
      const those = byService.get(service);
      those?.delete(follower);
      if (those?.size === 0) byService.delete(service);
    }
  };

  const send = (follower: Follower, data: Buffer): void => {
    follower.reader.send(data);
    if (follower.reader.unsentBytes() <= DROPPED_ABOVE) return;
    remove(follower);
    follower.reader.close(CLOSE_TRY_AGAIN_LATER, 'reads too slowly');
  };

  /** Tells one thing to one reader, by the first message whose namespace it follows. */
  const tell = (follower: Follower, { telling, data }: Told): void => {
    if (follower.isGone || telling.revision <= follower.after) return;
    const index = telling.messages.findIndex(
      ({ namespace }) => namespace === BROADCAST || follower.services.has(namespace),
    );
    const message = telling.messages[index];
    const bytes = data[index];
    if (message === undefined || bytes === undefined) return;
    const isState = 'key_event' in message.body;
    if (isState && follower.stale.has(message.namespace)) return;
    if (isState && follower.reader.unsentBytes() > SNAPSHOT_INSTEAD_ABOVE) {
      follower.stale.add(message.namespace);
      behind.add(follower);
    } else send(follower, bytes);
  };

  const catchUp = (follower: Follower): void => {
    for (const service of follower.stale) {
      if (follower.isGone || follower.reader.unsentBytes() > CAUGHT_UP_BELOW) return;
      follower.stale.delete(service);
      const [bytes] = snapshotOf(service).data;
      if (bytes !== undefined) send(follower, bytes);
    }
    behind.delete(follower);
  };

  const giveSnapshot = (follower: Follower): void => {
    follower.after = 0;
    for (const service of follower.services) follower.stale.add(service);
    behind.add(follower);
    catchUp(follower);
  };

  const followersOf = (telling: Telling): ReadonlySet<Follower> => {
    const [first] = telling.messages;
    if (telling.messages.some(({ namespace }) => namespace === BROADCAST)) return followers;
    if (telling.messages.length === 1 && first !== undefined) return byService.get(first.namespace) ?? new Set();
    return new Set(telling.messages.flatMap(({ namespace }) => [...(byService.get(namespace) ?? [])]));
  };

  return {
    subscribe: ({ services, since }, reader) => {
      const follower: Follower = {
        services: new Set(services),
        reader,
        cameBack: since !== undefined,
        after: since ?? 0,
        stale: new Set(),
        isGone: false,
      };
      followers.add(follower);
      for (const service of follower.services) {
        const those = byService.get(service);
        if (those === undefined) byService.set(service, new Set([follower]));
        else those.add(follower);
      }
      if (since !== undefined) {
        const { isComplete, told } = history.since(since);
        const events = told.filter(({ telling }) => telling.messages.some(({ body }) => 'event_type' in body));
        for (const one of isComplete ? told : events) tell(follower, one);
        if (!isComplete) giveSnapshot(follower);
      }
      return { drained: () => catchUp(follower), end: () => remove(follower) };
    },
    publish: (tellings) => {
      for (const telling of tellings) {
        const told = history.add(telling);
        for (const follower of followersOf(telling)) tell(follower, told);
      }
      // Only now: a snapshot is of the state after all of these.
      for (const follower of behind) catchUp(follower);
    },
    restart: (events = []) => {
      history.clear(source.revision());
      snapshots = new Map();
      const told = events.map((event) => history.add(event));
      for (const follower of followers) {
        if (follower.cameBack) for (const event of told) tell(follower, event);
        giveSnapshot(follower);
      }
    },
    confirm: (revision) => {
      for (const follower of followers) if (follower.after > revision) giveSnapshot(follower);
    },
    readers: () => followers.size,
  };
}
