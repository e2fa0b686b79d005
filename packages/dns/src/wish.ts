import { AppError, type Problem } from '@quartermaster/foundation';
import { hasUnderscore, parseHostname } from './hostname.js';
import { RECORD_TYPES, type RecordSet, type RecordType, type RecordWish, type Zone } from './record.js';
import { parseIpv4, parseIpv6, parsePort, parseTtl } from './scalars.js';
import { quoteText, unquoteText } from './text-value.js';
import { chooseZone } from './zones.js';

/** A request's fields as they came; numbers may be strings. Only these are looked at. */
export interface WishFields {
  readonly hostname?: unknown;
  readonly ip_address?: unknown;
  readonly port?: unknown;
  readonly type?: unknown;
  /** Seconds. */
  readonly ttl?: unknown;
  /** A zone's name or id. */
  readonly zone?: unknown;
}

export interface PlacedWish {
  readonly wish: RecordWish;
  readonly zone: Zone;
}

export const DEFAULT_TTL = 60;

/** In characters, of one value as Route 53 spells it (API reference, ResourceRecord). */
const MAX_VALUE_LENGTH = 4000;

/**
 * What a body asks for, and in which of the zones. Throws `invalid` `invalid-record` with every problem at once
 * (`pointer` names the field), or, of a body that is right in itself, `unprocessable` `no-hosted-zone`.
 */
export function parseWish(fields: WishFields, zones: readonly Zone[]): PlacedWish {
  const problems: Problem[] = [];
  const unreadable = new Set(WISH_FIELDS.filter((field) => !isScalar(fields[field])));
  const add = (field: string, detail: string): void => void problems.push({ pointer: `/${field}`, detail });
  const report = (field: keyof WishFields, detail: string): undefined => {
    if (!unreadable.has(field)) add(field, detail);
    return undefined;
  };
  for (const field of unreadable)
    add(field, `The ${NOUNS[field]} must be a string${isNumeric(field) ? ' or a number' : ''}.`);

  const hostname = readHostname(fields.hostname, report);
  const wanted = typeof fields.zone === 'string' || typeof fields.zone === 'number' ? String(fields.zone) : undefined;
  const chosen = hostname === undefined || unreadable.has('zone') ? undefined : chooseZone(zones, hostname, wanted);
  if (chosen !== undefined && 'problem' in chosen) report('zone', chosen.problem);
  const zone = chosen !== undefined && 'zone' in chosen ? chosen.zone : undefined;

  const type = unreadable.has('type') ? undefined : readType(fields, zone, report);
  const text = typeof fields.ip_address === 'string' ? fields.ip_address : '';
  if (text.trim() === '') report('ip_address', 'A value is needed: an address, the target’s name, or a text.');
  const value = type === undefined || text.trim() === '' ? undefined : readValue(type, text, report);
  const port = type === 'SRV' ? readPort(fields.port, report) : undefined;
  const ttl = isMissing(fields.ttl) ? DEFAULT_TTL : parseTtl(fields.ttl);
  if (ttl === undefined) report('ttl', 'The TTL must be a whole number of seconds, 0 to 2147483647.');
  if (hostname !== undefined && type !== undefined) checkName(hostname, type, zone, report);

  if (problems.length > 0) {
    throw new AppError('invalid', 'invalid-record', problems.map(({ detail }) => detail).join(' '), { problems });
  }
  if (hostname === undefined || type === undefined || value === undefined || ttl === undefined) {
    throw new Error('a wish without problems has all its fields');
  }
  if (zone === undefined) throw new AppError('unprocessable', 'no-hosted-zone', `No hosted zone holds ${hostname}.`);
  return { wish: { hostname, type, ip_address: value, ...(port === undefined ? {} : { port }), ttl }, zone };
}

/** What is to stand in the zone. */
export function toRecordSet(wish: RecordWish): RecordSet {
  return { name: wish.hostname, type: wish.type, ttl: wish.ttl, values: [spellValue(wish)], is_special: false };
}

/** A record set of ours in the words in which it was asked for. The reverse of `toRecordSet`. */
export function showRecord(set: RecordSet): RecordWish {
  const type = RECORD_TYPES.find((one) => one === set.type);
  const [value] = set.values;
  if (type === undefined || value === undefined || set.ttl === undefined) {
    throw new Error(`not a record set of ours: ${set.type} ${set.name}`);
  }
  const shown = { hostname: set.name, type, ttl: set.ttl };
  if (type === 'TXT') return { ...shown, ip_address: unquoteText(value) };
  if (type !== 'SRV') return { ...shown, ip_address: value };
  const [, , port, target] = value.split(' ');
  return { ...shown, ip_address: target ?? '', port: Number(port) };
}

type Report = (field: keyof WishFields, detail: string) => undefined;

const NOUNS = {
  hostname: 'host name',
  ip_address: 'value',
  port: 'port',
  type: 'type',
  ttl: 'TTL',
  zone: 'zone',
} satisfies Record<keyof WishFields, string>;
const WISH_FIELDS = Object.keys(NOUNS) as (keyof WishFields)[];

function isNumeric(field: keyof WishFields): boolean {
  return field === 'port' || field === 'ttl';
}

/** What has a text of its own; an object or a list is never read as one. */
function isScalar(field: unknown): boolean {
  return field === undefined || field === null || typeof field === 'string' || typeof field === 'number';
}

function isMissing(field: unknown): boolean {
  return field === undefined || field === null || field === '';
}

function readHostname(field: unknown, report: Report): string | undefined {
  if (typeof field !== 'string') return report('hostname', 'A host name is needed, as a string.');
  const parsed = parseHostname(field);
  return 'problem' in parsed ? report('hostname', parsed.problem) : parsed.hostname;
}

/** The default is panda-kick's: a private zone is a cluster's own, where a port asks for a service record. */
function readType(fields: WishFields, zone: Zone | undefined, report: Report): RecordType | undefined {
  if (isMissing(fields.type)) return zone?.is_private === true && !isMissing(fields.port) ? 'SRV' : 'A';
  const { type: sent } = fields;
  const type = typeof sent === 'string' ? RECORD_TYPES.find((one) => one === sent.toUpperCase()) : undefined;
  return type ?? report('type', `The type must be one of ${RECORD_TYPES.join(', ')}.`);
}

function readPort(field: unknown, report: Report): number | undefined {
  return parsePort(field) ?? report('port', 'A record of type SRV needs a port, 1 to 65535.');
}

function readValue(type: RecordType, raw: string, report: Report): string | undefined {
  const text = raw.trim();
  if (type === 'TXT') return readText(raw, report);
  if (type === 'CNAME') return readTarget(type, text, report);
  if (type === 'SRV') return parseIpv4(text) ?? readTarget(type, text, report);
  const address = type === 'AAAA' ? parseIpv6(text) : parseIpv4(text);
  if (address !== undefined) return address;
  const needed = type === 'AAAA' ? 'an IPv6 address, like fd00::1' : 'an IPv4 address, like 10.1.2.3';
  return report('ip_address', `A record of type ${type} needs ${needed}.`);
}

function readTarget(type: RecordType, text: string, report: Report): string | undefined {
  const sort = type === 'SRV' ? 'a host name or an IPv4 address' : 'a host name';
  const parsed = parseHostname(text);
  const needs = `A record of type ${type} needs ${sort} for its target.`;
  if ('problem' in parsed) return report('ip_address', `${needs} ${parsed.problem}`);
  if (parsed.hostname.includes('*')) return report('ip_address', `${needs} A target has no *.`);
  return parsed.hostname;
}

/** Any text but control characters, in UTF-8. Quotes are part of the text: the house puts its own around it. */
function readText(text: string, report: Report): string | undefined {
  if (/\p{Cc}/u.test(text)) return report('ip_address', 'A text can’t have control characters or line breaks in it.');
  if (/\p{Cs}/u.test(text)) return report('ip_address', 'The text has half a character in it.');
  const { length } = quoteText(text);
  if (length <= MAX_VALUE_LENGTH) return text;
  return report(
    'ip_address',
    `The text is too long: ${length} characters in Route 53’s spelling, of ${MAX_VALUE_LENGTH} at most.`,
  );
}

function checkName(hostname: string, type: RecordType, zone: Zone | undefined, report: Report): void {
  if (hasUnderscore(hostname) && (type === 'A' || type === 'AAAA')) {
    report('hostname', `A name with an underscore is no host: type ${type} can’t have it, SRV, TXT and CNAME can.`);
  }
  if (type === 'CNAME' && hostname === zone?.name) {
    report('type', `${hostname} is its zone’s own name, where DNS allows no CNAME.`);
  }
}

/** SRV: priority and weight are 1, as panda-kick had them. */
function spellValue({ type, ip_address: target, port }: RecordWish): string {
  if (type === 'TXT') return quoteText(target);
  return type === 'SRV' ? `1 1 ${port ?? 0} ${target}` : target;
}
