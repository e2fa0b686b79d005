import { pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Of the derived key, in bytes: SHA-1's own. */
const KEY_BYTES = 20;

/**
 * CouchDB before 3.4 derives the key anew for every request with Basic authentication: 1,000 rounds cost it about a
 * millisecond. Its own default was 10 until 3.4, which has 50,000 and remembers the answer.
 */
const ITERATIONS = 1_000;

/**
 * A password as CouchDB (1.3 and later) reads it in `[admins]`, and as its image takes it for `COUCHDB_PASSWORD`:
 * `-pbkdf2-<key>,<salt>,<iterations>`, key and salt in hexadecimal digits, SHA-1; what is salted with are the salt's
 * digits, not the bytes that they stand for (couch_passwords.erl).
 * `iterations`: a generated password of 128 bits or more needs no more than 10.
 */
export function hashCouchPassword(password: string, iterations: number = ITERATIONS): string {
  const salt = randomBytes(16).toString('hex');
  return `-pbkdf2-${deriveKey(password, salt, iterations).toString('hex')},${salt},${iterations}`;
}

/** Whether this is the password of such a hash; false too where it is none. */
export function verifyCouchPassword(hash: string, password: string): boolean {
  const [, key = '', salt = '', iterations] = /^-pbkdf2-([0-9a-f]{40}),([^,]+),([1-9]\d{0,6})$/.exec(hash) ?? [];
  if (iterations === undefined) return false;
  return timingSafeEqual(Buffer.from(key, 'hex'), deriveKey(password, salt, Number(iterations)));
}

function deriveKey(password: string, salt: string, iterations: number): Buffer {
  return pbkdf2Sync(password, salt, iterations, KEY_BYTES, 'sha1');
}
