/** An account for CouchDB clusters, as it is kept: of its token only a hash. */
export interface Account {
  readonly username: string;
  /** `scrypt$<N>$<r>$<p>$<salt, base64>$<key, base64>`. */
  readonly token_hash: string;
  /** ISO 8601 UTC. */
  readonly created_at: string;
  readonly rotated_at?: string;
}

export interface Accounts {
  /** false: there is one of this name already; nothing is changed. */
  create(account: Account): Promise<boolean>;
  load(username: string): Promise<Account | undefined>;
  /** All, by name. */
  list(): Promise<(Account & { readonly clusters: number })[]>;
  /** false: there is none. */
  rotate(username: string, tokenHash: string, rotatedAt: string): Promise<boolean>;
  /** `has-clusters`: nothing was deleted; `tags` are theirs. */
  remove(
    username: string,
  ): Promise<{ outcome: 'removed' | 'unknown' } | { outcome: 'has-clusters'; tags: readonly string[] }>;
}
