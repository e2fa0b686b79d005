import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** One takes some 50 ms and 16 MB. */
const COST = { N: 16_384, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const HASH = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*)$/;

/** What an unknown account is compared with: as much work as a known one is. */
export const NOBODYS_HASH = writeHash(Buffer.alloc(SALT_BYTES), Buffer.alloc(KEY_BYTES));

/** A new token: 32 characters that need no escaping anywhere. */
export function makeToken(): string {
  return randomBytes(24).toString('base64url');
}

/** A token as it is kept: `scrypt$<N>$<r>$<p>$<salt, base64>$<key, base64>`. */
export async function hashToken(token: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return writeHash(salt, await derive(token, salt, KEY_BYTES, COST));
}

/** Whether this is the token of such a hash. Throws where it is none. */
export async function isTokenOf(hash: string, token: string): Promise<boolean> {
  const [, N, r, p, salt, key] = HASH.exec(hash) ?? [];
  if (salt === undefined || key === undefined) throw new Error('An account has a token hash of an unknown form');
  const expected = Buffer.from(key, 'base64');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  return timingSafeEqual(expected, await derive(token, Buffer.from(salt, 'base64'), expected.length, cost));
}

function writeHash(salt: Buffer, key: Buffer): string {
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${key.toString('base64')}`;
}

function derive(token: string, salt: Buffer, length: number, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(token, salt, length, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
