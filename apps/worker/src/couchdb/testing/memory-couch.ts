import type { CouchPort, Replication } from '@quartermaster/couchdb';
import { AppError } from '@quartermaster/foundation';
import type { Disk, World } from './world.js';

export interface MemoryCouch extends CouchPort {
  /** Called before every request; may throw in its place. */
  onRequest: (address: string, method: string) => void;
  /** What is told of a replication in the place of what is. */
  show: (replication: Replication) => Replication;
  /** How often something was really changed. */
  changes: number;
}

/** The CouchDBs of a world, as operations speak to them. */
export function createMemoryCouch(world: World): MemoryCouch {
  const couch: MemoryCouch = {
    changes: 0,
    onRequest: () => undefined,
    show: (replication) => replication,
    close: () => undefined,
    node: (address) => {
      const reach = (method: string): Disk => {
        couch.onRequest(address, method);
        const pod = world.podAt(address);
        if (pod !== undefined && world.isReachable(address)) return pod.disk;
        throw new AppError('unavailable', 'couchdb-unreachable', `${address} can't be reached.`);
      };
      return {
        ensureDatabases: async (names, guard) => {
          guard.assertHeld();
          const { databases } = reach('ensureDatabases');
          for (const name of ['_users', '_replicator', ...names]) {
            if (databases.has(name)) continue;
            databases.set(name, new Map());
            couch.changes += 1;
          }
        },
        listReplications: async () =>
          [...reach('listReplications').replications.values()].map(({ wish, state }) =>
            couch.show({
              id: wish.id,
              database: wish.database,
              source: `http://${wish.from}:5984/${wish.database}`,
              target: `http://${wish.to}:5984/${wish.database}`,
              continuous: wish.continuous,
              state,
            }),
          ),
        putReplication: async (wish) => {
          const { replications } = reach('putReplication');
          const former = replications.get(wish.id);
          if (former?.wish.from === wish.from && former.wish.to === wish.to) return;
          couch.changes += 1;
          replications.set(wish.id, { wish, state: 'starting', age: 0 });
        },
        removeReplication: async (id) => {
          if (reach('removeReplication').replications.delete(id)) couch.changes += 1;
        },
        countDocuments: async (database) => reach('countDocuments').sequences.get(database) ?? 0,
        loadSequence: async (database) => reach('loadSequence').sequences.get(database) ?? 0,
      };
    },
  };
  return couch;
}
