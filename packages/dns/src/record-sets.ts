import type { RecordSet } from './record.js';
import { isSameText } from './text-value.js';

/** Whether two sets have the same place in a zone, of which there is one per name and type (but for special sets). */
export function hasSamePlace(one: RecordSet, other: RecordSet): boolean {
  return one.name === other.name && one.type === other.type;
}

/** Whether two sets say the same, however their values are spelled. A special set is the same as none. */
export function isSameRecordSet(one: RecordSet, other: RecordSet): boolean {
  if (one.is_special || other.is_special || !hasSamePlace(one, other) || one.ttl !== other.ttl) return false;
  if (one.values.length !== other.values.length) return false;
  return one.values.every((value) => other.values.some((candidate) => isSameValue(one.type, value, candidate)));
}

/**
 * Of a wish that stood there already by somebody else's hand: it is remembered, so that its place is known, and is never
 * the same as what stands there, so that nothing of it is changed without force.
 */
export function markForeign(set: RecordSet): RecordSet {
  return { ...set, is_special: true };
}

/** Whether the two can't stand in one zone: they have the same place, or share a name of which one is a CNAME. */
export function excludeEachOther(one: RecordSet, other: RecordSet): boolean {
  if (one.name !== other.name) return false;
  return one.type === other.type || one.type === 'CNAME' || other.type === 'CNAME';
}

/** For people: `A 10.1.2.3 (TTL 60)`. */
export function describeRecordSet(set: RecordSet): string {
  if (set.is_special) return `${set.type} with an alias or a routing policy`;
  return `${set.type} ${set.values.join(', ').slice(0, 300)} (TTL ${set.ttl ?? 'unknown'})`;
}

const NAMES_IN_VALUES: readonly string[] = ['CNAME', 'SRV'];

function isSameValue(type: string, one: string, other: string): boolean {
  if (one === other) return true;
  if (type === 'TXT') return isSameText(one, other);
  if (!NAMES_IN_VALUES.includes(type)) return one.toLowerCase() === other.toLowerCase();
  return normalizeName(one) === normalizeName(other);
}

function normalizeName(value: string): string {
  return value.toLowerCase().replace(/\.$/, '').replace(/\s+/g, ' ');
}
