import { isIP } from 'node:net';

export interface Cidr {
  /** The first address as a number. */
  readonly first: number;
  readonly size: number;
  readonly prefix: number;
}

/** `undefined` where the text is no IPv4 block. Bits behind the prefix are cut off. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefixText = '', ...rest] = text.split('/');
  if (rest.length > 0 || isIP(address) !== 4 || !/^(?:\d|[12]\d|3[0-2])$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  const size = 2 ** (32 - prefix);
  const number = addressToNumber(address);
  return { first: number - (number % size), size, prefix };
}

/** "AWS canonicalizes IPv4 and IPv6 CIDRs" (AuthorizeSecurityGroupIngress): `100.68.0.18/18` is `100.68.0.0/18`. */
export function canonicalCidr(text: string): string | undefined {
  const cidr = parseCidr(text);
  return cidr && `${numberToAddress(cidr.first)}/${cidr.prefix}`;
}

/** IPv6 blocks are checked for form only and kept as they were written, in lower case. */
export function canonicalCidrIpv6(text: string): string | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const wellFormed = rest.length === 0 && isIP(address) === 6 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= 128;
  return wellFormed ? text.toLowerCase() : undefined;
}

export function numberToAddress(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');
}

function addressToNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
