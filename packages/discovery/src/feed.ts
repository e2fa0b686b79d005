import { createHistory, type Told } from './history.js';
import { BROADCAST, type Telling } from './message.js';

/** Above so many unsent bytes a reader gets the latest snapshot of each service once it has caught up, no backlog. */
export const SNAPSHOT_INSTEAD_ABOVE = 1024 * 1024;
/** Above so many it is dropped: only custom events, which have no snapshot, or very large services bring it there. */
export const DROPPED_ABOVE = 4 * 1024 * 1024;
/** A reader has caught up when no more than this is unsent. */
const CAUGHT_UP_BELOW = 64 * 1024;
/** Custom events are kept for so long for those who are cut off. */
const EVENTS_YOUNGER_THAN_MS = 60_000;
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
 * `since`: what is still known of the time after it is told, otherwise a snapshot: custom events of the last minute (none
 * for `since=0`, which has missed none), then one message for each service followed, with its nodes of now (`PUT`, or
 * `DELETE` when it has none). A `since` ahead of us means that this process lags behind: nothing up to it is told again.
 * When etcd itself turns out to be behind it (`confirm`), it is another etcd, and the reader gets a snapshot.
 *
 * The id of a message is where its reader can go on from. So while something was left out, or is still to come of a snapshot,
 * messages have an id from before that; the last snapshot raises it to its revision.
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
  /** Of the last message sent, or what the reader came with. */
  lastId: number;
  /** Up to here nothing was left out: no message has a higher id. */
  ceiling: number;
  isGone: boolean;
}

/** `now` is a clock (ms) that never goes back. */
export function createFeed(source: FeedSource, now: () => number = () => performance.now()): Feed {
  const followers = new Set<Follower>();
  /** Those that a snapshot is due to. */
  const behind = new Set<Follower>();
  const byService = new Map<string, Set<Follower>>();
  const history = createHistory(source.revision(), { now });
  const snapshots = new Map<string, Told>();
  let hasBegun = false;

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
      if (those?.size !== 0) continue;
      byService.delete(service);
      snapshots.delete(service);
    }
  };

  const send = (follower: Follower, told: Told, index: number): void => {
    const { revision, messages } = told.telling;
    const message = messages[index];
    // An event is alone in its revision: with it told, everything up to there is.
    const isNext = message !== undefined && 'event_type' in message.body && message.id === follower.ceiling + 1;
    if (isNext) follower.ceiling = message.id;
    follower.lastId = Math.min(revision, follower.ceiling);
    follower.reader.send(told.bytesOf(index, follower.lastId));
    if (follower.reader.unsentBytes() <= DROPPED_ABOVE) return;
    remove(follower);
    follower.reader.close(CLOSE_TRY_AGAIN_LATER, 'reads too slowly');
  };

  const leaveOut = (follower: Follower, service: string): void => {
    follower.stale.add(service);
    behind.add(follower);
  };

  /** Tells one thing to one reader, by the first message whose namespace it follows. */
  const tell = (follower: Follower, told: Told): void => {
    const { revision, messages } = told.telling;
    if (follower.isGone || revision <= follower.after) return;
    const index = messages.findIndex(({ namespace }) => namespace === BROADCAST || follower.services.has(namespace));
    const message = messages[index];
    if (message === undefined) return;
    const isState = 'key_event' in message.body;
    if (isState && follower.stale.has(message.namespace)) return;
    if (isState && follower.reader.unsentBytes() > SNAPSHOT_INSTEAD_ABOVE) {
      // Ids never fall: of one revision another message may have been sent already.
      follower.ceiling = Math.min(follower.ceiling, Math.max(follower.lastId, revision - 1));
      leaveOut(follower, message.namespace);
    } else send(follower, told, index);
  };

  const catchUp = (follower: Follower): void => {
    for (const service of follower.stale) {
      if (follower.isGone || follower.reader.unsentBytes() > CAUGHT_UP_BELOW) return;
      follower.stale.delete(service);
      if (follower.stale.size === 0) follower.ceiling = Infinity;
      send(follower, snapshotOf(service), 0);
    }
    follower.ceiling = Infinity;
    behind.delete(follower);
  };

  /** Everything that was told up to `from` is as it was; `events` come before the snapshot. */
  const giveSnapshot = (follower: Follower, from: number, events: readonly Told[]): void => {
    follower.ceiling = from;
    for (const event of events) tell(follower, event);
    follower.after = 0;
    for (const service of follower.services) leaveOut(follower, service);
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
        cameBack: since !== undefined && since > 0,
        after: since ?? 0,
        stale: new Set(),
        lastId: since ?? 0,
        ceiling: Infinity,
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
        const isYoung = ({ telling, at }: Told): boolean =>
          now() - at < EVENTS_YOUNGER_THAN_MS && telling.messages.some(({ body }) => 'event_type' in body);
        if (since === 0) giveSnapshot(follower, 0, []);
        else if (!isComplete) giveSnapshot(follower, since, told.filter(isYoung));
        else for (const one of told) tell(follower, one);
        for (const one of told) one.release();
      }
      return { drained: () => catchUp(follower), end: () => remove(follower) };
    },
    publish: (tellings) => {
      for (const telling of tellings) {
        // A comparison may change a service without a new revision.
        for (const { namespace } of telling.messages) snapshots.delete(namespace);
        const told = history.add(telling);
        for (const follower of followersOf(telling)) tell(follower, told);
        told.release();
      }
      // Only now: a snapshot is of the state after all of these.
      for (const follower of behind) catchUp(follower);
    },
    restart: (events = []) => {
      history.clear(source.revision());
      snapshots.clear();
      const told = events.map((event) => history.add(event));
      for (const follower of followers) {
        // What another etcd has told is nowhere to go on from.
        const isOther = hasBegun || follower.lastId > source.revision();
        giveSnapshot(follower, isOther ? 0 : follower.lastId, follower.cameBack ? told : []);
      }
      for (const one of told) one.release();
      hasBegun = true;
    },
    confirm: (revision) => {
      for (const follower of followers) if (follower.after > revision) giveSnapshot(follower, 0, []);
    },
    readers: () => followers.size,
  };
}
