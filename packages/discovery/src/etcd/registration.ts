import { AppError, describeError, type Logger } from '@quartermaster/foundation';
import type { RegisterOptions, Registration, RegistrationStatus } from '../discovery.js';
import { leftKey, nodeKey } from '../keys.js';
import { formatAddress } from '../node.js';
import { isLeaseGone, type EtcdConnection } from './connect.js';
import type { KeepAlives } from './keep-alives.js';
import { leaveKey, listRange, putKey } from './requests.js';

export interface RegistrationOptions extends RegisterOptions {
  readonly connection: EtcdConnection;
  readonly keepAlives: KeepAlives;
  readonly log: Logger;
  readonly ttlMs: number;
  /** A lost registration is made anew after up to this, so that many do not come at once. */
  readonly jitterMs: number;
  /** The revision up to which this process knows etcd: a registration before it is older than the one that is asked for. */
  readonly knownUpTo: number;
  /** Called once, when it is `replaced` or `ended`. */
  readonly onOver: (registration: KeyRegistration) => void;
}

/** A registration as the registrar sees it, who tells it what becomes of its key. */
export interface KeyRegistration extends Registration {
  readonly key: string;
  /** What etcd holds under the key at a revision: a lease, or nothing. */
  observe(revision: number, lease: string | undefined): void;
  /** etcd was replaced by another one, at this revision: what it holds says nothing of ours. */
  doubt(revision: number): void;
}

/** Own clocks are trusted for so much of a lease only, counted from when its last renewal was sent. */
const SAFE_PART = 0.9;
const LEAVE_PAUSE_MS = 300;
/** etcd's answer counts as of when it was asked for, if it comes within this; in that time no client goes elsewhere. */
const AT_ONCE_MS = 250;

/**
 * Registers a node under a lease of its own, over whoever holds its key when it is called. Rejects with `etcd-unavailable`, and
 * with `registered-meanwhile` where the node was registered elsewhere after that, by the same client perhaps, which has given
 * up waiting here: that registration stays. Then nothing of ours stays behind for longer than the TTL.
 */
export async function createRegistration(options: RegistrationOptions): Promise<KeyRegistration> {
  const { connection, keepAlives, log, ttlMs, jitterMs, onOver, service, node } = options;
  const key = nodeKey(service, node);
  const value = formatAddress(node);
  const tombstone = leftKey(key);
  /** Leases of ours that the key may hang on: more than one when an answer was lost. */
  let leases: string[] = [];
  let heldSince = 0;
  let status: RegistrationStatus = 'registered';
  let deadline = 0;
  let deadlineTimer: NodeJS.Timeout | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let regaining: Promise<void> | undefined;
  /** Whether the caller has it: before that nobody is told. */
  let isBegun = false;

  const isOver = (): boolean => status === 'ended' || status === 'replaced';

  const become = (next: RegistrationStatus, reason: string): void => {
    if (status === next || isOver()) return;
    status = next;
    if (isOver()) {
      clearTimeout(deadlineTimer);
      clearTimeout(retryTimer);
      for (const lease of leases) keepAlives.remove(lease);
      onOver(registration);
    }
    if (isBegun) options.onStatus?.(next, reason);
  };

  const confirm = (sentAt: number, leaseMs: number): void => {
    deadline = sentAt + leaseMs * SAFE_PART;
    clearTimeout(deadlineTimer);
    deadlineTimer = setTimeout(
      () => become('lost', 'etcd has not confirmed the lease in time'),
      Math.max(0, deadline - performance.now()),
    );
  };

  const grant = async (): Promise<string> => {
    let sentAt = 0;
    const granted = await connection.call((client) => {
      // Of the attempt that is answered: those before it took their time, too.
      sentAt = performance.now();
      return client.leaseClient.leaseGrant({ TTL: Math.ceil(ttlMs / 1000) });
    });
    const id = granted.ID;
    const leaseMs = Number(granted.TTL) * 1000;
    leases.push(id);
    if (isOver()) return id;
    confirm(sentAt, leaseMs);
    const isHeld = (): boolean => leases.includes(id) && !isOver();
    keepAlives.add({
      id,
      ttlMs: leaseMs,
      onRenewed: (sent) => {
        if (!isHeld() || id !== leases.at(-1)) return;
        confirm(sent, leaseMs);
        // It outlived our own deadline: others may have seen nothing. Whose the key is, etcd must say.
        if (status === 'lost') regain(0);
      },
      onGone: () => {
        if (!isHeld()) return;
        leases = leases.filter((lease) => lease !== id);
        become('lost', 'the lease has run out');
        regain(Math.random() * jitterMs);
      },
    });
    return id;
  };

  /** Up to which revision a registration is older than ours; what is slow to answer may know of a newer one. */
  const askRevision = async (): Promise<number> => {
    const startedAt = performance.now();
    const { revision } = await connection.call((client) => listRange(client, key, undefined));
    return performance.now() - startedAt < AT_ONCE_MS ? revision : options.knownUpTo;
  };

  /** One attempt to hold the key; takes it from whoever has held it since before this revision. */
  const hold = async (knownUpTo: number): Promise<void> => {
    const lease = leases.at(-1) ?? (await grant());
    if (isOver()) return;
    const put = { key, value, lease, tombstone, knownUpTo };
    const held = await connection.call((client) => putKey(client, put));
    if (isOver()) return;
    if (!leases.includes(held.lease) && !isBegun) throw registeredMeanwhile();
    if (!leases.includes(held.lease)) return become('replaced', 'the node was registered anew elsewhere');
    heldSince = Math.max(heldSince, held.revision);
    // The key hangs on an earlier lease of ours, whose answer was lost: that is the one to keep.
    leases = [...leases.filter((id) => id !== held.lease), held.lease];
    if (performance.now() < deadline) become('registered', 'registered again');
  };

  const regain = (afterMs: number): void => {
    if (isOver() || regaining !== undefined) return;
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => {
      if (isOver() || regaining !== undefined) return;
      regaining = hold(0)
        .catch((error: unknown) => {
          if (isLeaseGone(error)) leases = [];
          log.debug('A node can not be registered again; it is tried once more', { key, error: describeError(error) });
        })
        .finally(() => {
          regaining = undefined;
          if (status === 'lost') regain(LEAVE_PAUSE_MS + Math.random() * jitterMs);
        });
    }, afterMs);
  };

  /** Ends the renewals and waits for an attempt that is under way, so that nothing comes after the end. */
  const end = async (reason: string): Promise<readonly string[]> => {
    if (isOver()) return [];
    become('ended', reason);
    await regaining;
    return leases;
  };

  /** Tries until etcd has let the lease run out anyway. */
  const untilDeadline = async (what: () => Promise<unknown>): Promise<void> => {
    const limit = performance.now() + ttlMs;
    while (performance.now() < limit) {
      try {
        await what();
        return;
      } catch (error) {
        if (isLeaseGone(error)) return;
        log.debug('A node can not be taken out yet', { key, error: describeError(error) });
        await new Promise((resolve) => setTimeout(resolve, LEAVE_PAUSE_MS));
      }
    }
  };

  const registration: KeyRegistration = {
    key,
    status: () => {
      if (status === 'registered' && performance.now() >= deadline) {
        become('lost', 'etcd has not confirmed the lease in time');
      }
      return status;
    },
    observe: (revision, lease) => {
      if (isOver() || revision <= heldSince) return;
      if (lease !== undefined && !leases.includes(lease)) {
        if (status === 'registered') become('replaced', 'the node was registered anew elsewhere');
      } else if (lease === undefined && status === 'registered') {
        become('lost', 'its key has gone');
        regain(Math.random() * jitterMs);
      }
    },
    doubt: (revision) => {
      if (isOver()) return;
      // Its revisions are others.
      heldSince = revision;
      become('lost', 'etcd was replaced by another one, or by an older copy');
      regain(Math.random() * jitterMs);
    },
    leave: async () => {
      for (const lease of await end('left')) {
        await untilDeadline(() => connection.call((client) => leaveKey(client, { key, value, lease, tombstone })));
      }
    },
    expire: async () => {
      for (const ID of await end('given up')) {
        await untilDeadline(() => connection.call((client) => client.leaseClient.leaseRevoke({ ID })));
      }
    },
    abandon: () => void end('abandoned'),
  };

  try {
    await hold(await askRevision());
  } catch (error) {
    // An answer may have been lost: what did arrive goes with its lease.
    void registration.expire();
    throw error;
  }
  isBegun = true;
  return registration;
}

function registeredMeanwhile(): AppError {
  const message = 'The node was registered elsewhere while this was under way.';
  return new AppError('unavailable', 'registered-meanwhile', message, { retryAfterSeconds: 1 });
}
