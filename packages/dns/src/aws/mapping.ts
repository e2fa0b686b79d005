import type { HostedZone, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { RecordSet, Zone } from '../record.js';
import { unescapeName } from '../zone-names.js';

export const ZONE_NOT_FOUND = { kind: 'not-found', code: 'zone-not-found' } as const;

/** What a simple record set has. Any other field makes it a special one. */
const SIMPLE_FIELDS: readonly string[] = ['Name', 'Type', 'TTL', 'ResourceRecords'];

export function mapZone({ Id = '', Name = '', Config }: HostedZone): Zone {
  return { id: plainId(Id), name: plainName(Name), is_private: Config?.PrivateZone === true };
}

export function mapRecordSet(set: ResourceRecordSet): RecordSet {
  const { Name = '', Type = '', TTL, ResourceRecords = [] } = set;
  const strange = Object.entries(set).filter(([field, value]) => value !== undefined && !SIMPLE_FIELDS.includes(field));
  return {
    name: plainName(Name),
    type: Type,
    ...(TTL === undefined ? {} : { ttl: TTL }),
    values: ResourceRecords.map(({ Value = '' }) => Value).sort(),
    is_special: strange.length > 0,
  };
}

/** A simple set as Route 53 takes it. */
export function toResourceRecordSet({ name, type, ttl, values }: RecordSet): ResourceRecordSet {
  return {
    Name: wireName(name),
    // Of a set that was read, any type that Route 53 has; the SDK knows those of its own day.
    Type: type as NonNullable<ResourceRecordSet['Type']>,
    TTL: ttl,
    ResourceRecords: values.map((Value) => ({ Value })),
  };
}

/** `/hostedzone/Z1` and `/change/C1` without what stands before the id. */
export function plainId(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** `\052.example.com.` → `*.example.com` */
export function plainName(name: string): string {
  return unescapeName(name).replace(/\.$/, '');
}

/** With the final dot, and what a user can't have put in a name (but a foreign set can have in its own) escaped again. */
export function wireName(name: string): string {
  const escaped = name.replace(
    /[^a-z0-9_.*-]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `${escaped}.`;
}
