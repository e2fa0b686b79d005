import { isIPv6 } from 'node:net';

/** CouchDB's port, the same on every node. */
export const COUCH_PORT = 5984;

/** The path of a database: `/a%2Fb` for `a/b`. */
export function databasePath(database: string): string {
  return `/${encodeURIComponent(database)}`;
}

/** Where a node's database is reached: `http://10.0.0.7:5984/test`, `http://[fd00::7]:5984/a%2Fb`. */
export function databaseUrl(address: string, database: string): string {
  const host = isIPv6(address) ? `[${address}]` : address;
  return `http://${host}:${COUCH_PORT}${databasePath(database)}`;
}

/** The database in such an address; `''` where there is none. */
export function databaseOf(url: string): string {
  const path = /^[a-z]+:\/\/[^/]*\/([^?#]*)/i.exec(url)?.[1]?.replace(/\/+$/, '') ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
