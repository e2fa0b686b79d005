import { describeError, type Logger } from '@quartermaster/foundation';
import type { Etcd3, ILeaseKeepAliveResponse } from 'etcd3';
import type { EtcdConnection } from './connect.js';

type KeepAliveStream = Awaited<ReturnType<Etcd3['leaseClient']['leaseKeepAlive']>>;

/** A renewal that is not answered after this makes the connection a suspect. */
const ANSWER_LIMIT_MS = 2500;
const TICK_MS = 100;
const PAUSE_AFTER_FAILURE_MS = 300;

export interface KeptLease {
  readonly id: string;
  readonly ttlMs: number;
  /** etcd has renewed it; `sentAt` (`performance.now()`) is when it was asked to. */
  readonly onRenewed: (sentAt: number) => void;
  /** etcd does not know it any more. It is not kept from here on. */
  readonly onGone: () => void;
}

/** Renews all leases of the process, each three times in its TTL, over one stream. Goes on for ever when etcd is away. */
export interface KeepAlives {
  add(lease: KeptLease): void;
  remove(id: string): void;
  stop(): void;
}

interface Entry {
  readonly lease: KeptLease;
  dueAt: number;
  sentAt: number | undefined;
}

export function createKeepAlives(connection: EtcdConnection, log: Logger): KeepAlives {
  const entries = new Map<string, Entry>();
  let opened: { readonly client: Etcd3; readonly stream: KeepAliveStream } | undefined;
  let isOpening = false;
  let openAfter = 0;

  const forget = (stream: KeepAliveStream | undefined, reason: string): void => {
    if (opened === undefined || (stream !== undefined && opened.stream !== stream)) return;
    log.debug('The stream that renews leases has ended; it is opened anew', { reason });
    const { stream: old } = opened;
    opened = undefined;
    openAfter = performance.now() + PAUSE_AFTER_FAILURE_MS;
    old.cancel();
    // What was not answered is asked again on the next one.
    for (const entry of entries.values()) {
      if (entry.sentAt !== undefined) entry.dueAt = 0;
      entry.sentAt = undefined;
    }
  };

  const onResponse = ({ ID, TTL }: ILeaseKeepAliveResponse): void => {
    const entry = entries.get(ID);
    if (entry?.sentAt === undefined) return;
    const { sentAt, lease } = entry;
    entry.sentAt = undefined;
    entry.dueAt = sentAt + lease.ttlMs / 3;
    if (Number(TTL) > 0) return lease.onRenewed(sentAt);
    entries.delete(ID);
    lease.onGone();
  };

  const open = async (): Promise<void> => {
    if (isOpening || performance.now() < openAfter) return;
    isOpening = true;
    try {
      const client = connection.client();
      const stream = await client.leaseClient.leaseKeepAlive();
      stream.on('data', (response: ILeaseKeepAliveResponse) => {
        if (opened?.stream === stream) onResponse(response);
      });
      stream.on('error', (error: Error) => forget(stream, describeError(error)));
      stream.on('end', () => forget(stream, 'ended by etcd'));
      opened = { client, stream };
    } catch (error) {
      openAfter = performance.now() + PAUSE_AFTER_FAILURE_MS;
      log.debug('Leases can not be renewed; it is tried again', { error: describeError(error) });
    } finally {
      isOpening = false;
    }
  };

  const tick = (): void => {
    if (entries.size === 0) return;
    if (opened === undefined) return void open();
    const now = performance.now();
    for (const entry of entries.values()) {
      if (opened === undefined) return;
      if (entry.sentAt !== undefined && now - entry.sentAt > ANSWER_LIMIT_MS) {
        connection.renew(opened.client);
        forget(undefined, 'no answer');
      } else if (entry.sentAt === undefined && now >= entry.dueAt) {
        entry.sentAt = now;
        opened.stream.write({ ID: entry.lease.id });
      }
    }
  };

  const stopListening = connection.onRenewed(() => forget(undefined, 'the connection was renewed'));
  const ticks = setInterval(tick, TICK_MS);
  return {
    add: (lease) => {
      const dueAt = performance.now() + lease.ttlMs / 3;
      entries.set(lease.id, { lease, dueAt, sentAt: undefined });
    },
    remove: (id) => void entries.delete(id),
    stop: () => {
      clearInterval(ticks);
      stopListening();
      entries.clear();
      opened?.stream.cancel();
      opened = undefined;
    },
  };
}
