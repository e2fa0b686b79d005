import { isIP, SocketAddress } from 'node:net';

/** Four decimal numbers, or `undefined`; no leading zeros, which some read as octal. */
export function parseIpv4(text: string): string | undefined {
  return isIP(text) === 4 ? text : undefined;
}

/** The canonical spelling of RFC 5952, or `undefined`. Without a scope (`%eth0`), which means nothing in DNS. */
export function parseIpv6(text: string): string | undefined {
  if (isIP(text) !== 6 || text.includes('%')) return undefined;
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

/** 1 to 65535, as number or decimal text. */
export function parsePort(field: unknown): number | undefined {
  return parseInteger(field, 1, 65_535);
}

/** Seconds, 0 to 2³¹ − 1 (RFC 2181 8). */
export function parseTtl(field: unknown): number | undefined {
  return parseInteger(field, 0, 2_147_483_647);
}

function parseInteger(field: unknown, least: number, most: number): number | undefined {
  const number = typeof field === 'string' && /^\d{1,10}$/.test(field.trim()) ? Number(field) : field;
  if (typeof number !== 'number' || !Number.isInteger(number)) return undefined;
  return number >= least && number <= most ? number : undefined;
}
