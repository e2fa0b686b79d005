import { createHash, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/** Name → password, clear or as CouchDB keeps it. */
export type Admins = Readonly<Record<string, string>>;

/** Tells whether the value of an `Authorization` header is an administrator's; returns his name. */
export type Verify = (authorization: string | undefined) => string | undefined;

/**
 * HTTP Basic against the administrators. Hashing takes its time on purpose, so what was right once is remembered by its
 * SHA-256.
 */
export function createVerify(admins: Admins): Verify {
  const known = new Map<string, string>();
  return (authorization) => {
    const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
    if (encoded === undefined) return undefined;
    const digest = createHash('sha256').update(encoded).digest('hex');
    const before = known.get(digest);
    if (before !== undefined) return before;
    const clear = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = clear.indexOf(':');
    const user = clear.slice(0, Math.max(colon, 0));
    const kept = Object.hasOwn(admins, user) ? admins[user] : undefined;
    if (colon < 1 || kept === undefined || !isPassword(clear.slice(colon + 1), kept)) return undefined;
    known.set(digest, user);
    return user;
  };
}

/**
 * `-pbkdf2-<hex>,<salt>,<iterations>` (SHA-1), or since CouchDB 3.4 `-pbkdf2:<digest>-…`; anything else is the password itself.
 * The salt is used as it is written. https://docs.couchdb.org/en/stable/config/auth.html#config-admins
 */
export function isPassword(password: string, kept: string): boolean {
  const hashed = /^-pbkdf2(?::(sha\d+))?-([0-9a-f]+),([^,]+),(\d+)$/.exec(kept);
  const [, digest = 'sha1', hex = '', salt = '', iterations = '1'] = hashed ?? [];
  if (hashed === null) return isSame(sha256(password), sha256(kept));
  const wanted = Buffer.from(hex, 'hex');
  return isSame(pbkdf2Sync(password, salt, Number(iterations), wanted.length, digest), wanted);
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
