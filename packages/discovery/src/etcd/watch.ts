import { describeError, type Logger } from '@quartermaster/foundation';
import type { IEvent, IWatchResponse } from 'etcd3';
import { WATCHED_RANGE } from '../keys.js';
import type { KeyChange, Listing } from '../service-state.js';
import type { EtcdConnection } from './connect.js';
import { listRange, listRangeAt, type EtcdListing } from './requests.js';

/** A watch is asked for a sign of life so often … */
const PROBE_EVERY_MS = 4000;
/** … and given up when neither that nor its creation is answered after this. */
const ANSWER_LIMIT_MS = 3000;
const PAUSE_MS = { min: 100, max: 2000 } as const;

/** Whoever takes what the watch brings. Nothing of it may throw. */
export interface WatchTarget {
  /** The revision up to which everything is known; `undefined` before the first listing. */
  revision(): number | undefined;
  /** Whether it was so, as is known here, at `revision()`. */
  isOurPast(listing: Listing): boolean;
  /** A listing to begin with. `isContinued`: differences to what is known are to be told as such. */
  onListing(listing: Listing, isContinued: boolean): void;
  onChanges(changes: readonly KeyChange[]): void;
  /** etcd, asked just now, is at this revision. */
  onConfirmed(revision: number): void;
  onConnected(isConnected: boolean): void;
}

export interface Watch {
  /** Something was missed: lists, compares and begins anew. */
  startAnew(): void;
  stop(): Promise<void>;
}

/**
 * Keeps one watch open over everything. After a cut it goes on at the revision after the last one known, so that etcd
 * itself tells the gap, each change as it was. What etcd has compacted is listed instead, and so is everything when it is
 * another etcd, or an older copy: it has another id, has not reached the last revision known, or had other keys at that one.
 * A copy that has compacted that revision is taken for the same etcd.
 */
export function startWatch(connection: EtcdConnection, target: WatchTarget, log: Logger): Watch {
  let isStopped = false;
  let mustList = false;
  let cluster: string | undefined;
  let endStream: (reason: string) => void = () => {};
  let wake: () => void = () => {};

  const list = async (isContinued: boolean): Promise<void> => {
    const listing = await connection.call((client) => listRange(client, WATCHED_RANGE.start, WATCHED_RANGE.end));
    mustList = false;
    cluster = listing.cluster;
    target.onListing(listing, isContinued);
  };

  const isReplaced = async (known: number, now: EtcdListing): Promise<boolean> => {
    if (now.revision < known || now.cluster !== cluster) return true;
    // Where something was missed, what is known here is not what was.
    if (mustList) return false;
    const { start, end } = WATCHED_RANGE;
    const past = await connection.call((client) => listRangeAt(client, start, end, known));
    return past !== undefined && !target.isOurPast(past);
  };

  /** Resolves, when the stream has ended, with the reason; `isCompacted` asks for a listing. */
  const follow = async (from: number): Promise<{ reason: string; isCompacted: boolean }> => {
    const client = connection.client();
    const stream = await client.watchClient.watch();
    return await new Promise((resolve) => {
      let waitingSince: number | undefined = performance.now();
      let hasProved = false;
      let isEnded = false;
      const end = (reason: string, isCompacted = false): void => {
        if (isEnded) return;
        isEnded = true;
        clearInterval(probes);
        clearInterval(checks);
        stream.cancel();
        resolve({ reason, isCompacted });
      };
      endStream = end;
      // A stream that has had its sign of life once (etcd 3.4 and newer give it) must have it again.
      const probes = setInterval(() => {
        if (waitingSince !== undefined) return;
        if (hasProved) waitingSince = performance.now();
        stream.write({ progress_request: {} });
      }, PROBE_EVERY_MS);
      const checks = setInterval(() => {
        if (waitingSince === undefined || performance.now() - waitingSince < ANSWER_LIMIT_MS) return;
        connection.renew(client);
        end('no sign of life');
      }, 250);
      stream.on('data', (response: IWatchResponse) => {
        if (isEnded) return;
        waitingSince = undefined;
        if (response.canceled) {
          end(response.cancel_reason || 'cancelled', Number(response.compact_revision) > 0);
        } else if (response.created) {
          target.onConnected(true);
          stream.write({ progress_request: {} });
        } else if (response.events.length > 0) {
          target.onChanges(response.events.map(toChange));
        } else {
          hasProved = true;
        }
      });
      stream.on('error', (error: Error) => end(describeError(error)));
      stream.on('end', () => end('ended by etcd'));
      const range = { key: Buffer.from(WATCHED_RANGE.start), range_end: Buffer.from(WATCHED_RANGE.end) };
      if (isStopped) end('stopped');
      else stream.write({ create_request: { ...range, start_revision: String(from) } });
    });
  };

  /** One connection's time; returns whether it was any good. */
  const runOnce = async (): Promise<boolean> => {
    const known = target.revision();
    if (known === undefined) await list(false);
    else {
      const now = await connection.call((client) => listRange(client, WATCHED_RANGE.start, undefined));
      if (await isReplaced(known, now)) await list(false);
      else if (mustList) await list(true);
      else target.onConfirmed(now.revision);
    }
    if (isStopped) return true;
    const startedAt = performance.now();
    const { reason, isCompacted } = await follow((target.revision() ?? 0) + 1);
    target.onConnected(false);
    if (!isStopped) log.info('The watch on etcd has ended; it is begun anew', { reason, isCompacted });
    mustList ||= isCompacted;
    return isCompacted || performance.now() - startedAt > 1000;
  };

  const run = async (): Promise<void> => {
    let pauseMs: number = PAUSE_MS.min;
    for (;;) {
      if (isStopped) return;
      try {
        pauseMs = (await runOnce()) ? PAUSE_MS.min : Math.min(pauseMs * 2, PAUSE_MS.max);
      } catch (error) {
        log.debug('etcd can not be watched; it is tried again', { error: describeError(error) });
        pauseMs = Math.min(pauseMs * 2, PAUSE_MS.max);
      }
      if (isStopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs * (0.5 + Math.random()));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };

  const stopListening = connection.onRenewed(() => endStream('the connection was renewed'));
  const running = run();
  return {
    startAnew: () => {
      mustList = true;
      endStream('something was missed');
    },
    stop: async () => {
      isStopped = true;
      stopListening();
      endStream('stopped');
      wake();
      await running;
    },
  };
}

function toChange({ type, kv }: IEvent): KeyChange {
  const key = kv.key.toString();
  const revision = Number(kv.mod_revision);
  // The client's types have it in small letters, its wire format in capitals.
  if (type.toLowerCase() === 'delete') return { kind: 'delete', key, revision };
  return { kind: 'put', key, value: kv.value.toString(), revision, lease: kv.lease };
}
