/** What is where in an image of CouchDB. */
export interface ImageTraits {
  readonly dataPath: string;
  /** A folder whose `*.ini` CouchDB reads and never writes: it would write into the last one of `local.d`. */
  readonly iniPath: string;
  /** Answers 200 to anybody as soon as CouchDB serves requests. */
  readonly healthPath: string;
}

/**
 * By the image's tag: 1.x or later. Without a tag, or with one that says no version, it is a later one. Paths of the
 * official images: https://github.com/apache/couchdb-docker. `/_up` came with 2.0.
 */
export function imageTraits(image: string): ImageTraits {
  const tag = /:([^:/@]+)(@sha256:[0-9a-f]+)?$/.exec(image)?.[1] ?? '';
  if (/^v?1(\.|-|$)/.test(tag)) {
    return {
      dataPath: '/usr/local/var/lib/couchdb',
      iniPath: '/usr/local/etc/couchdb/default.d',
      healthPath: '/',
    };
  }
  return { dataPath: '/opt/couchdb/data', iniPath: '/opt/couchdb/etc/default.d', healthPath: '/_up' };
}
