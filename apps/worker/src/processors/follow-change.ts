import { describeRecordSet, isSameRecordSet, readStanding, type DnsPort, type RecordSet } from '@quartermaster/dns';
import { toErrorRecord, type ErrorRecord } from '@quartermaster/foundation';
import { RetryLater, type JobContext, type PayloadOf, type Processor, type Producer } from '@quartermaster/jobs';
import type { DnsZones, FollowedChange, RequestSlots } from '@quartermaster/stores';
import { requestInSlot, requestInTime, type SlotClaimant } from '../dns/take-slot.js';
import { tellFailures, type TellParts } from '../dns/tell-failures.js';

export interface FollowChangeParts extends TellParts {
  readonly dns: Pick<DnsPort, 'getChange' | 'listRecordSets'>;
  readonly zones: Pick<DnsZones, 'loadChange' | 'settleChange'>;
  readonly slots: RequestSlots;
  readonly producer: Pick<Producer, 'describe' | 'dispatch'>;
  readonly now: () => number;
}

/** A pause (ms) is half of the change's age, within these. */
const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
/** How long (ms) Route 53 may not know yet what it has just accepted. */
const YOUNG_MS = 60_000;
/** What is not in sync after this long (ms) is judged by what stands in the zone: a change usually takes a minute. */
const OLD_MS = 86_400_000;

/**
 * Follows one change until it is in sync. Every change is followed for itself: that a later one is in sync proves nothing
 * of it, as Route 53's documentation promises no order between them. What that costs is bounded elsewhere: all that follow
 * share half of the account's slots (`request-slots.ts`), in turns, so however many changes are under way, sending has
 * the other half; batches of up to a thousand records make one change; and one that takes long is asked for rarely.
 */
export function createFollowChange(parts: FollowChangeParts): Processor<PayloadOf<'follow-change'>> {
  const { dns, zones, slots, now } = parts;
  return {
    run: async ({ zone_id, change_id }, context) => {
      const change = await zones.loadChange(change_id);
      if (change === undefined) return;
      const own: SlotClaimant = { slots, claimant: `change:${change_id}`, lane: 'follow' };
      const status = await requestInSlot(own, () => dns.getChange(change_id));
      if (status === 'INSYNC') return settle(parts, change_id, new Map(), context);

      const age = now() - change.accepted_at;
      const isToBeAwaited = status === 'PENDING' ? age < OLD_MS : age < YOUNG_MS;
      if (isToBeAwaited) throw new RetryLater(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, age / 2)));
      const names = latestSets(change).map(({ name }) => name);
      const standing = await readStanding(names, (from) =>
        requestInTime(own, context.journal.guard, () => dns.listRecordSets(zone_id, from)),
      );
      await settle(parts, change_id, findMissing(change, standing), context);
    },
    giveUp: async ({ change_id }, error, context) => {
      const change = await zones.loadChange(change_id);
      const reason = toErrorRecord(error);
      const message = `Route 53 has accepted it, but does not tell whether it has spread: ${reason.message}`;
      const ids = change?.sets.filter(({ is_latest }) => is_latest).map(({ id }) => id) ?? [];
      await settle(parts, change_id, new Map(ids.map((id) => [id, { ...reason, message }])), context);
    },
  };
}

async function settle(
  parts: FollowChangeParts,
  changeId: string,
  failed: ReadonlyMap<string, ErrorRecord>,
  { log }: JobContext,
): Promise<void> {
  const told = [...failed].map(([id, error]) => ({ id, error }));
  const jobs = await tellFailures(parts, told, log);
  await parts.zones.settleChange(changeId, failed, jobs, parts.now());
  for (const job of jobs) await parts.producer.dispatch(job);
}

function latestSets({ sets }: FollowedChange): RecordSet[] {
  return sets.flatMap(({ wished, is_latest }) => (wished === undefined || !is_latest ? [] : [wished]));
}

/** What the change put there and is not there any more; what later changes have replaced is none of this one's. */
function findMissing({ sets }: FollowedChange, standing: readonly RecordSet[]): Map<string, ErrorRecord> {
  const missing = sets.filter(
    ({ wished, is_latest }) =>
      wished !== undefined && is_latest && !standing.some((stands) => isSameRecordSet(stands, wished)),
  );
  return new Map(
    missing.map(({ id, wished }) => [id, describeLoss(standing.filter(({ name }) => name === wished?.name))]),
  );
}

function describeLoss(there: readonly RecordSet[]): ErrorRecord {
  const words = there.length === 0 ? 'nothing stands there' : `${there.map(describeRecordSet).join(', ')} stands there`;
  const message = `Route 53 has accepted it and does not know the change any more, and ${words}.`;
  return { kind: 'conflict', code: 'record-gone', message };
}
