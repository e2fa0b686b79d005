import type { Admins } from './credentials.js';

/** What the process of a container is told to be, by the sandbox, as its first message. */
export interface PodOrders {
  /** The pod's address. */
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly admins: Admins;
  /** What the sandbox has written, all of it: removed by its pods where it could not do so itself. */
  readonly directory: string;
  /** Where its databases lie; missing: in memory. */
  readonly folder?: string;
}

/** What every image of CouchDB listens on. */
export const COUCHDB_PORT = 5984;
