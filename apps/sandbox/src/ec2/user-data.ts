import { gunzipSync } from 'node:zlib';

/** An include of cloud-init, with the credential taken out of the URL. */
export interface Include {
  readonly url: URL;
  /** The `Authorization` header that the URL's user and password make. */
  readonly authorization: string | undefined;
  /** The build whose script this is, where the path says so. */
  readonly buildId: string | undefined;
}

/**
 * What cloud-init finds to include in user data: `#include <URL>` or `#include-once <URL>`, the URL on the same line or on
 * those that follow; gzipped user data is unpacked first. Empty where the user data is something else.
 * Source: "User data formats", cloud-init documentation.
 */
export function parseIncludes(userData: Buffer): Include[] {
  const [first = '', ...rest] = unpack(userData).toString('utf8').split(/\r?\n/);
  const header = /^#include(?:-once)?(?=\s|$)/i.exec(first);
  if (header === null) return [];
  return [first.slice(header[0].length), ...rest]
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => readUrl(line) ?? []);
}

function unpack(data: Buffer): Buffer {
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data;
  try {
    return gunzipSync(data, { maxOutputLength: 1_048_576 });
  } catch {
    // What only looks like gzip is no include either.
    return Buffer.alloc(0);
  }
}

function readUrl(text: string): Include | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    url,
    authorization: username === '' && password === '' ? undefined : `Basic ${Buffer.from(pair).toString('base64')}`,
    buildId: /\/init-scripts\/([^/]+)$/.exec(url.pathname)?.[1],
  };
}
