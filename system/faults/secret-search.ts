import { createHmac } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Redis } from 'ioredis';

/** A text that was found somewhere, with where. */
export interface Found {
  readonly place: string;
  readonly text: string;
}

/** A secret and every spelling in which it might turn up. */
export interface Needle {
  readonly name: string;
  readonly spellings: readonly string[];
}

/** A secret as it is, encoded, and line by line. */
export function needle(name: string, secret: string): Needle {
  const lines = secret
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= 12 && !line.startsWith('-----'));
  const spellings = [secret, ...lines].flatMap((text) => {
    const bytes = Buffer.from(text);
    const base64 = bytes.toString('base64').replace(/=+$/, '');
    return [text, base64, bytes.toString('base64url'), encodeURIComponent(text), JSON.stringify(text).slice(1, -1)];
  });
  return { name, spellings: [...new Set(spellings)] };
}

/** The credential of a build's own instances, as the worker derives it. */
export function buildSecret(buildId: string, key: string): string {
  return createHmac('sha256', key).update(buildId).digest('hex');
}

/** Where which secret was found; empty where none was. The secret itself is not repeated. */
export function findLeaks(places: readonly Found[], needles: readonly Needle[]): string[] {
  const leaks = places.flatMap(({ place, text }) =>
    needles
      .filter(({ spellings }) => spellings.some((spelling) => text.includes(spelling)))
      .map(({ name }) => `${name} in ${place}: ${excerpt(text, needles)}`),
  );
  return [...new Set(leaks)];
}

function excerpt(text: string, needles: readonly Needle[]): string {
  const spellings = needles.flatMap((one) => one.spellings);
  return spellings.reduce((shown, spelling) => shown.replaceAll(spelling, '<here>'), text).slice(0, 400);
}

/** Every key and value of a Redis, of whatever type; what is gzipped also unpacked. */
export async function readWholeRedis(redis: Redis): Promise<Found[]> {
  const keys = await redis.keys('*');
  const found = await Promise.all(keys.map((key) => readKey(redis, key)));
  return found.flat();
}

async function readKey(redis: Redis, key: string): Promise<Found[]> {
  const values = await readValues(redis, key);
  return [key, ...values.map(plainText)].map((text) => ({ place: `Redis ${key}`, text }));
}

async function readValues(redis: Redis, key: string): Promise<Buffer[]> {
  const type = await redis.type(key);
  if (type === 'none') return [];
  if (type === 'string') return [(await redis.getBuffer(key)) ?? Buffer.alloc(0)];
  if (type === 'hash') return flat(await redis.callBuffer('HGETALL', key));
  if (type === 'list') return flat(await redis.callBuffer('LRANGE', key, '0', '-1'));
  if (type === 'set') return flat(await redis.callBuffer('SMEMBERS', key));
  if (type === 'zset') return flat(await redis.callBuffer('ZRANGE', key, '0', '-1', 'WITHSCORES'));
  if (type === 'stream') return flat(await redis.callBuffer('XRANGE', key, '-', '+'));
  throw new Error(`A key of an unknown type: ${key} is a ${type}`);
}

/** The byte strings of a reply, however it is nested. */
function flat(reply: unknown): Buffer[] {
  if (Array.isArray(reply)) return reply.flatMap(flat);
  return Buffer.isBuffer(reply) ? [reply] : [];
}

function plainText(value: Buffer): string {
  const isGzip = value[0] === 0x1f && value[1] === 0x8b;
  return (isGzip ? gunzipSync(value) : value).toString('utf8');
}
