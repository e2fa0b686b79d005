import type { DnsName } from './names.js';

/** The types that are played. Route 53 has NAPTR, DS, TLSA, SSHFP, SVCB and HTTPS besides. */
export const RECORD_TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SPF', 'SRV', 'TXT'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export const ACTIONS = ['CREATE', 'DELETE', 'UPSERT'] as const;
export type ChangeAction = (typeof ACTIONS)[number];

export interface AliasTarget {
  readonly hostedZoneId: string;
  readonly dnsName: string;
  readonly evaluateTargetHealth: boolean;
}

/** What a record set holds besides its name. */
export interface RecordSetBody {
  readonly type: RecordType;
  /** Together with `weight`: weighted is the one routing policy that is played. */
  readonly setIdentifier?: string;
  readonly weight?: number;
  /** With values; an alias has neither. */
  readonly ttl?: number;
  readonly values: readonly string[];
  readonly alias?: AliasTarget;
}

export interface RecordSet extends RecordSetBody {
  readonly name: DnsName;
}

/** A change as it was asked for: its shape is right, its name and values are not looked at yet. */
export interface Change {
  readonly action: ChangeAction;
  readonly set: RecordSetBody & { readonly name: string };
}

export interface ZoneVpc {
  readonly id: string;
  readonly region: string;
}

export interface Zone {
  readonly id: string;
  readonly name: DnsName;
  readonly callerReference: string;
  readonly comment: string | undefined;
  /** Of a private zone. */
  readonly vpc: ZoneVpc | undefined;
  readonly nameServers: readonly string[];
  /** By spelled name. */
  readonly sets: Map<string, readonly RecordSet[]>;
}

/** A change that was made: PENDING until `syncedAt`, then INSYNC. */
export interface ChangeInfo {
  readonly id: string;
  readonly submittedAt: number;
  readonly syncedAt: number;
  readonly comment: string | undefined;
}

export function countSets(zone: Zone): number {
  let count = 0;
  for (const sets of zone.sets.values()) count += sets.length;
  return count;
}
