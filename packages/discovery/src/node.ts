import { isIPv4, isIPv6 } from 'node:net';

/** Where one instance of a service listens. `ip` is canonical: IPv6 shortened, in lower case, without brackets. */
export interface ServiceNode {
  readonly ip: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** What a service may be called: it is a part of a key, of a URL and of a comma-separated list. */
export const SERVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
export const SERVICE_NAME_RULE = 'letters, digits, dot, dash and underscore; 63 at most, a letter or digit first';

export function isServiceName(text: string): boolean {
  return SERVICE_NAME.test(text);
}

/** The one spelling of an IP address; brackets around IPv6 are taken off. `undefined` where it is none, or has a zone. */
export function canonicalIp(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (!isIPv6(bare) || bare.includes('%')) return undefined;
  return new URL(`http://[${bare}]`).hostname.slice(1, -1);
}

/** A port from its decimal digits; `undefined` outside of 1 to 65535. */
export function parsePort(text: string): number | undefined {
  if (!/^[1-9]\d{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`: how a node stands in keys and values. */
export function formatAddress({ ip, port }: ServiceNode): string {
  return `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

/** Reads `ip:port`, IPv6 in brackets; `undefined` where it is not one. */
export function parseAddress(text: string): ServiceNode | undefined {
  const [, host = '', digits = ''] = /^(\[[^\]]*\]|[^:[\]]*):(\d+)$/.exec(text) ?? [];
  const ip = canonicalIp(host);
  const port = parsePort(digits);
  return ip === undefined || port === undefined ? undefined : { ip, port };
}
