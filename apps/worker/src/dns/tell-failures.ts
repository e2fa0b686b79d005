import type { Outcome } from '@quartermaster/dns';
import type { Logger } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import { recordsFailed } from '@quartermaster/notifications';
import type { ChangeSet, DnsRecords, OpenJob } from '@quartermaster/stores';

export interface FailedSet {
  readonly id: string;
  readonly error: { readonly code: string; readonly message: string };
}

export interface TellParts {
  readonly records: Pick<DnsRecords, 'loadSet'>;
  readonly producer: Pick<Producer, 'describe'>;
}

export function failedSets(outcomes: readonly Outcome[]): FailedSet[] {
  return outcomes.flatMap((outcome) => (outcome.result === 'failed' ? [{ id: outcome.id, error: outcome.error }] : []));
}

/** Says in the log which records could not be changed, and gives the jobs that say it in chat: one a channel. */
export async function tellFailures(
  { records, producer }: TellParts,
  failed: readonly FailedSet[],
  log: Logger,
): Promise<OpenJob[]> {
  const told = new Map<string, { first: ChangeSet; records: { hostname: string; reason: string }[] }>();
  const sets = await Promise.all(failed.map(({ id }) => records.loadSet(id)));
  for (const [at, { id, error }] of failed.entries()) {
    const set = sets[at];
    const hostname = set?.wished?.name ?? set?.hostname ?? '';
    const { code, message } = error;
    log.warn('A DNS record could not be changed', { hostname, set_id: id, code, error: message });
    if (set?.slack_channel === undefined) continue;
    const group = told.get(set.slack_channel) ?? { first: set, records: [] };
    group.records.push({ hostname, reason: message });
    told.set(set.slack_channel, group);
  }
  return [...told].map(([channel, { first, records }]) =>
    producer.describe(
      'send-notification',
      { event_id: `dns-failed-${first.id}`, channel, text: recordsFailed(records) },
      { request_id: first.request_id },
    ),
  );
}
