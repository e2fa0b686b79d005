/** An image of CouchDB and what is where in it. */
export interface CouchImage {
  /** `3.3.3`. */
  readonly version: string;
  readonly major: number;
  readonly dataPath: string;
  /** Where configuration files are read from, in this order. */
  readonly iniPaths: readonly string[];
}

/** What the tags that leave something open stand for. */
const NEWEST: Readonly<Record<string, string>> = { latest: '3.5.1', '3': '3.5.1', '2': '2.3.1', '1': '1.7.2' };

/**
 * `undefined`: nothing here can run it. Paths: https://hub.docker.com/_/couchdb, and the Dockerfiles of
 * https://github.com/apache/couchdb-docker (1.x: `/usr/local/var/lib/couchdb`).
 */
export function parseImage(image: string): CouchImage | undefined {
  const found = /^(?:[^/@]+\/)*couchdb(?::(?<tag>[\w.-]+))?(?:@sha256:[0-9a-f]{64})?$/.exec(image);
  if (found === null) return undefined;
  const tag = found.groups?.['tag'] ?? 'latest';
  if (tag !== 'latest' && !/^[123](\.\d+){0,2}(-\w+)?$/.test(tag)) return undefined;
  const numbers = tag.split('-')[0] ?? tag;
  const version = NEWEST[numbers] ?? [...numbers.split('.'), '0', '0'].slice(0, 3).join('.');
  const major = Number(version[0]);
  if (major === 1) {
    const etc = '/usr/local/etc/couchdb';
    return { version, major, dataPath: '/usr/local/var/lib/couchdb', iniPaths: [`${etc}/default.d`, `${etc}/local.d`] };
  }
  const etc = '/opt/couchdb/etc';
  return { version, major, dataPath: '/opt/couchdb/data', iniPaths: [`${etc}/default.d`, `${etc}/local.d`] };
}
