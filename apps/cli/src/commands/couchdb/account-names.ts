import type { Api } from '../../api/api.js';

/** A CouchDB account as the API shows it. */
export interface ShownAccount {
  readonly username: string;
  /** ISO times. */
  readonly created_at: string;
  readonly rotated_at?: string;
  /** How many it has. */
  readonly clusters: number;
}

export interface AccountList {
  readonly accounts: readonly ShownAccount[];
}

/** For completion; an administrator's token sees them. */
export async function accountNames(api: Api): Promise<readonly string[]> {
  return (await api.get<AccountList>('/accounts')).accounts.map(({ username }) => username);
}
