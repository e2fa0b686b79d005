import type { EffectGuard } from '@quartermaster/foundation';
import type { RecordChange, RecordSetPage, ZonePage } from './record.js';

export type ChangeStatus = 'PENDING' | 'INSYNC';

/**
 * What the house needs of Route 53. Failures are `AppError`s: `unavailable` where trying again makes sense
 * (`route53-unavailable`, `route53-throttled`, `route53-not-authorized`, `prior-request-not-complete`), else as given.
 * One attempt each: who calls counts requests, for the account has few (5 a second for changes and reads together).
 */
export interface DnsPort {
  /** One page of the account's hosted zones, one request: the first, or the one that `marker` names. */
  listZonePage(marker?: string): Promise<ZonePage>;
  /** One page of what stands in a zone, one request: begins at the name `from`, whether it stands there or not. */
  listRecordSets(zoneId: string, from: string): Promise<RecordSetPage>;
  /**
   * Carries out all of these or none. `conflict` `change-refused`: Route 53 refuses the batch (InvalidChangeBatch); the
   * message holds its own words, `problems` one entry each of them. `not-found` `zone-not-found`.
   */
  changeRecordSets(
    zoneId: string,
    changes: readonly RecordChange[],
    guard: EffectGuard,
  ): Promise<{ readonly change_id: string; readonly status: ChangeStatus }>;
  /** `undefined`: Route 53 does not know the change (any more). */
  getChange(changeId: string): Promise<ChangeStatus | undefined>;
  close(): void;
}
