import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminCredentials } from '../cluster-host.js';
import { REPLICATION_PREFIX, type CouchNode } from '../couch-port.js';
import {
  goesSameWay,
  hasCredentials,
  planDocument,
  readReplication,
  readState,
  type ReplicationDocument,
  type ScheduledDocument,
} from './replication-document.js';
import { createScrub, type SendRequest } from './send-request.js';

const REPLICATOR = '/_replicator';
const SCHEDULER = '/_scheduler/docs/_replicator';
/** CouchDB 2.0, 1.x and pouchdb-server have no scheduler: they take its name for that of a database. */
const NO_SCHEDULER = [400, 404, 405];
/** How often a document is looked at again that somebody else, or CouchDB itself, has changed meanwhile. */
const TRIES = 5;
/** How often a replication is put anew that is not taken up. */
const PUTS = 3;
const POLL_MS = 100;

/** A node's `_replicator`. `settleMs`: how long CouchDB may take until it shows that it has taken up a document. */
export function createReplicator(
  send: SendRequest,
  admin: AdminCredentials,
  settleMs: number,
): Pick<CouchNode, 'listReplications' | 'putReplication' | 'removeReplication'> {
  const scrub = createScrub(admin);

  async function load(id: string, guard: EffectGuard): Promise<ReplicationDocument | undefined> {
    const { status, body } = await send({ method: 'GET', path: pathOf(id), expected: [404] }, guard);
    return status === 404 ? undefined : (body as ReplicationDocument);
  }

  async function list(guard: EffectGuard): Promise<ReplicationDocument[]> {
    const path = `${REPLICATOR}/_all_docs?include_docs=true&${OURS}`;
    const { status, body } = await send({ method: 'GET', path, expected: [404] }, guard);
    if (status === 404) return [];
    const { rows } = body as { rows: readonly { doc?: ReplicationDocument | null }[] };
    return rows.flatMap(({ doc }) => (doc?._id.startsWith(REPLICATION_PREFIX) ? [doc] : []));
  }

  async function listScheduled(guard: EffectGuard): Promise<Map<unknown, ScheduledDocument>> {
    const { status, body } = await send(
      { method: 'GET', path: `${SCHEDULER}?limit=100000&${OURS}`, expected: NO_SCHEDULER },
      guard,
    );
    if (NO_SCHEDULER.includes(status)) return new Map();
    const { docs = [] } = body as { docs?: readonly ScheduledDocument[] };
    return new Map(docs.map((scheduled) => [scheduled.doc_id, scheduled]));
  }

  async function loadScheduled(id: string, guard: EffectGuard): Promise<ScheduledDocument | undefined> {
    const path = `${SCHEDULER}/${encodeURIComponent(id)}`;
    const { status, body } = await send({ method: 'GET', path, expected: NO_SCHEDULER }, guard);
    return NO_SCHEDULER.includes(status) ? undefined : (body as ScheduledDocument);
  }

  /**
   * How a document stands once CouchDB has taken it up; `undefined`: it is gone, or is never taken up. Nothing else is
   * changed before: pouchdb-server loses track of documents that change at the same time.
   */
  async function settle(id: string, guard: EffectGuard): Promise<ReturnType<typeof readReplication> | undefined> {
    const end = Date.now() + settleMs;
    for (;;) {
      const scheduled = await loadScheduled(id, guard);
      const document = await load(id, guard);
      if (document === undefined) return undefined;
      if (readState(document, scheduled) !== undefined) return readReplication(document, scheduled, scrub);
      if (Date.now() >= end) return undefined;
      await sleep(POLL_MS, undefined, { signal: guard.signal }).catch(() => guard.signal.throwIfAborted());
    }
  }

  async function remove(id: string, guard: EffectGuard): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const document = await load(id, guard);
      if (document === undefined) return;
      const path = `${pathOf(id)}?rev=${encodeURIComponent(document._rev)}`;
      const { status } = await send({ method: 'DELETE', path, expected: [404, 409] }, guard);
      if (status !== 409) return;
    }
    throw new AppError(
      'unavailable',
      'couchdb-unavailable',
      `The replication ${id} goes on changing while it is removed.`,
    );
  }

  return {
    listReplications: async (guard) => {
      const documents = await list(guard);
      if (documents.length === 0) return [];
      const scheduled = await listScheduled(guard);
      return documents.map((document) => readReplication(document, scheduled.get(document._id), scrub));
    },

    putReplication: async (wish, guard) => {
      let isOurs = false;
      for (let attempt = 0; attempt <= PUTS; attempt += 1) {
        const standing = await load(wish.id, guard);
        if (standing !== undefined && goesSameWay(standing, wish) && hasCredentials(standing, admin)) {
          const state = (await settle(wish.id, guard))?.state;
          const isLost = state === undefined || (state === 'completed' && wish.continuous);
          if (!isLost && (isOurs || state !== 'failed')) return;
        }
        // CouchDB 1.x lets nobody edit a document that it has taken up; and of two that go the same way only one runs.
        if (standing !== undefined) await remove(wish.id, guard);
        for (const other of await list(guard)) {
          if (other._id !== wish.id && goesSameWay(other, wish)) await remove(other._id, guard);
        }
        const body = planDocument(wish, admin);
        const { status } = await send({ method: 'PUT', path: pathOf(wish.id), body, expected: [404, 409] }, guard);
        if (status === 404) {
          throw new AppError('unavailable', 'couchdb-unavailable', 'The node has no _replicator (any more).');
        }
        isOurs = status !== 409;
      }
      throw new AppError('unavailable', 'couchdb-unavailable', `CouchDB does not take up the replication ${wish.id}.`);
    },

    removeReplication: remove,
  };
}

/** Of our ids only: `\ufff0` sorts behind every letter. */
const OURS = new URLSearchParams({
  startkey: JSON.stringify(REPLICATION_PREFIX),
  endkey: JSON.stringify(`${REPLICATION_PREFIX}\ufff0`),
}).toString();

function pathOf(id: string): string {
  return `${REPLICATOR}/${encodeURIComponent(id)}`;
}
