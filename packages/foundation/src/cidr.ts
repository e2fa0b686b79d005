import { isIP } from 'node:net';

/** A range of IPv4 or IPv6 addresses like 10.0.0.0/8 or fd00::/8. */
export function isCidr(text: string): boolean {
  const [, address = '', length] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(length) <= (version === 4 ? 32 : 128);
}
