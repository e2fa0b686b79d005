import type { DnsAccount } from './account.js';
import { invalidInput } from './errors.js';
import type { ChangeInfo, Zone } from './model.js';
import { branch, leaf } from './xml.js';

/** One call of one action. */
export interface Call {
  readonly account: DnsAccount;
  /** The id in the path: of a zone or a change. */
  readonly id: string;
  readonly query: ReadonlyMap<string, string>;
  readonly body: string;
  readonly requestId: string;
  /** Notes what was really done, where the account does not do so itself. */
  readonly record: (details: Readonly<Record<string, unknown>>) => void;
}

export interface Reply {
  readonly body: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The zone that works on a change now. */
  readonly changed?: Zone;
}

export interface Action {
  /** The parameters that it takes in the query string. */
  readonly query: readonly string[];
  readonly run: (call: Call) => Reply;
}

export function writeChangeInfo(account: DnsAccount, change: ChangeInfo): string {
  return branch(
    'ChangeInfo',
    leaf('Id', `/change/${change.id}`),
    leaf('Status', account.statusOf(change)),
    leaf('SubmittedAt', new Date(change.submittedAt).toISOString()),
    leaf('Comment', change.comment),
  );
}

/** The size of a page: "if you specify more, Route 53 returns only the first" so many. */
export function readMaxItems(query: ReadonlyMap<string, string>, most: number): number {
  const text = query.get('maxitems');
  if (text === undefined) return most;
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw invalidInput(`1 validation error detected: Value '${text}' at 'maxItems' failed to satisfy constraint`);
  }
  return Math.min(Number(text), most);
}
