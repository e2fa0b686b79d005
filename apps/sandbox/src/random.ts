import { randomBytes, randomUUID } from 'node:crypto';

/** A repeatable source of numbers in [0, 1). */
export type Random = () => number;

/** mulberry32: small, and good enough to choose which requests a fault meets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A resource id as AWS writes it: the prefix and 17 hexadecimal digits, truly random unless `random` is given. */
export function resourceId(prefix: string, random?: Random): string {
  if (random === undefined) return `${prefix}-0${randomBytes(8).toString('hex')}`;
  const digits = Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16));
  return `${prefix}-0${digits.join('')}`;
}

/** A UUID as OpsWorks gives its resources, truly random unless `random` is given. */
export function uuid(random?: Random): string {
  if (random === undefined) return randomUUID();
  const digits = Array.from({ length: 32 }, (_, index) => {
    if (index === 12) return '4';
    return Math.floor(index === 16 ? 8 + random() * 4 : random() * 16).toString(16);
  }).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
