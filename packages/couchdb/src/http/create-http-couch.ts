import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { Agent } from 'node:http';
import type { AdminCredentials } from '../cluster-host.js';
import type { CouchNode, CouchPort } from '../couch-port.js';
import { databasePath } from './database-url.js';
import { createReplicator } from './replicator.js';
import { createSendRequest } from './send-request.js';

export interface HttpCouchOptions {
  /** Of one request, in milliseconds; 5,000. */
  readonly timeoutMs?: number;
  /** How long a node may take until it shows that it has taken up a replication, in milliseconds; 5,000. */
  readonly settleMs?: number;
}

/** After which we close an idle connection, sooner than any server does (pouchdb-server: 5 s). */
const IDLE_MS = 3_000;

/** What every node has, and what a single CouchDB 3 does not make by itself. */
const SYSTEM_DATABASES = ['_users', '_replicator'];

/**
 * CouchDB 1.6 to 3.x (and pouchdb-server) over HTTP, on port 5984 of a node. Requests are tried once; connections are
 * kept. CouchDB's interface: docs.couchdb.org/en/stable/api, for 1.x docs.couchdb.org/en/1.6.1/api.
 */
export function createHttpCouch({ timeoutMs = 5_000, settleMs = 5_000 }: HttpCouchOptions = {}): CouchPort {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const inTurn = createTurns();
  return {
    node: (address, admin) => createNode(address, admin),
    close: () => agent.destroy(),
  };

  function createNode(address: string, admin: AdminCredentials): CouchNode {
    const send = createSendRequest(address, admin, agent, timeoutMs);
    const replicator = createReplicator(send, admin, settleMs);
    const loadInfo = async (database: string, guard: EffectGuard): Promise<Record<string, unknown> | undefined> => {
      const { status, body } = await send({ method: 'GET', path: databasePath(database), expected: [404] }, guard);
      return status === 404 ? undefined : (body as Record<string, unknown>);
    };
    return {
      listReplications: replicator.listReplications,
      // pouchdb-server loses track of replications that change at the same time.
      putReplication: (wish, guard) => inTurn(address, () => replicator.putReplication(wish, guard)),
      removeReplication: (id, guard) => inTurn(address, () => replicator.removeReplication(id, guard)),

      ensureDatabases: async (names, guard) => {
        for (const name of new Set([...SYSTEM_DATABASES, ...names])) {
          // 412: it is there.
          await send({ method: 'PUT', path: databasePath(name), expected: [412] }, guard);
        }
      },

      loadSequence: async (database, guard) => {
        const info = await loadInfo(database, guard);
        return info === undefined ? 0 : parseSequence(info['update_seq']);
      },

      countDocuments: async (database, guard) => {
        const { doc_count: there = 0, doc_del_count: deleted = 0 } = (await loadInfo(database, guard)) ?? {};
        return Number(there) + Number(deleted);
      },
    };
  }
}

/** One after the other of each name, in the order of the calls; a failure is its own caller's only. */
function createTurns(): (name: string, act: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return (name, act) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(act);
    const end = turn
      .catch(() => undefined)
      .then(() => {
        if (last.get(name) === end) last.delete(name);
      });
    last.set(name, end);
    return turn;
  };
}

/** A number (1.x), or a text that begins with one: `12-g1AAAA…`. */
function parseSequence(sequence: unknown): number {
  const number = /^\d+/.exec(String(sequence))?.[0];
  if (number !== undefined) return Number(number);
  throw new AppError('unavailable', 'couchdb-unavailable', 'CouchDB tells no sequence of a database.');
}
