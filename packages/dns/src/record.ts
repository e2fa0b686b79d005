/** The types of record that the house makes. Others stand in zones too; those are foreign and never touched. */
export const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'TXT', 'SRV'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** A hosted zone. Names are ASCII (punycode), lower case, without the final dot. */
export interface Zone {
  /** Without `/hostedzone/`. */
  readonly id: string;
  readonly name: string;
  readonly is_private: boolean;
}

/** Some of the account's hosted zones. */
export interface ZonePage {
  readonly zones: readonly Zone[];
  /** Where the list goes on; missing with the last page. */
  readonly next_marker?: string;
}

/** What is asked for: one managed record. */
export interface RecordWish {
  /** ASCII, lower case, no final dot; `*` and `_` as they are. */
  readonly hostname: string;
  readonly type: RecordType;
  /** The value, as users name it: an address, or the target of a CNAME or SRV, or a text. */
  readonly ip_address: string;
  /** SRV only. */
  readonly port?: number;
  /** Seconds. */
  readonly ttl: number;
}

/** A record set as it stands in a zone. */
export interface RecordSet {
  /** As `RecordWish.hostname`. */
  readonly name: string;
  /** Any type that Route 53 has. */
  readonly type: string;
  /** Missing with an alias. */
  readonly ttl?: number;
  /** In Route 53's own spelling (texts quoted), sorted. Empty with an alias. */
  readonly values: readonly string[];
  /**
   * It is more than name, type, TTL and values (alias, weighted, latency, …): never ours. Of what is remembered of a record:
   * it stood there already when it was asked for (`markForeign`).
   */
  readonly is_special: boolean;
}

export interface RecordChange {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly set: RecordSet;
}

/** Some of a zone's record sets, in Route 53's order. */
export interface RecordSetPage {
  readonly sets: readonly RecordSet[];
  /** Where the list goes on; missing with the last page. A name is never cut: all its sets are on one page. */
  readonly next_name?: string;
}
