import { toDrainEvent, type Batch, type DnsPort, type DrainEvent, type RecordChange } from '@quartermaster/dns';
import {
  describeError,
  toErrorRecord,
  type EffectGuard,
  type ErrorRecord,
  type Logger,
} from '@quartermaster/foundation';
import type { Journal, Journals } from '@quartermaster/jobs';
import type { RequestSlots } from '@quartermaster/stores';

/** What came of a batch. JSON: it is the result of a step. */
export interface Sent {
  readonly event: Extract<DrainEvent, { event: 'accepted' | 'refused' | 'unsent' | 'lost' | 'hopeless' }>;
  /** Route 53 has failed in it. */
  readonly failure?: ErrorRecord;
}

/**
 * A batch has a journal of its own, with the one step `send`. It is kept (ms) for whoever goes on after a crash; after
 * that the zone itself is asked.
 */
const KEPT_MS = 3_600_000;

export interface BatchParts {
  readonly dns: DnsPort;
  readonly slots: RequestSlots;
  readonly journals: Pick<Journals, 'open'>;
  readonly now: () => number;
}

/** The journal of a batch. A batch that is sent again has another one, as it has another time. */
export function openBatch({ journals }: BatchParts, zoneId: string, batch: Batch): Promise<Journal> {
  return journals.open(`dns-batch:${zoneId}-${batch.sent_at ?? 0}-${batch.sets[0]?.id ?? ''}`, KEPT_MS);
}

export async function closeBatch(journal: Journal, log: Logger): Promise<void> {
  await journal.close().catch((error: unknown) => {
    log.debug('A lease could not be given back; it runs out by itself', { error: describeError(error) });
  });
}

/** Sends a batch that is stored as sent. */
export function sendBatch(
  parts: BatchParts,
  batch: Journal,
  zone: { readonly id: string; readonly guard: EffectGuard },
  changes: readonly RecordChange[],
): Promise<Sent> {
  return batch.step<Sent>('send', {
    act: async (guard) => {
      const both = combineGuards(zone.guard, guard);
      try {
        const accepted = await parts.dns.changeRecordSets(zone.id, changes, both);
        return { event: { event: 'accepted', ...accepted } };
      } catch (error) {
        // Whose time is over says nothing of Route 53: the next one finds the batch as sent.
        if (both.signal.aborted) throw error;
        const event = toDrainEvent(error, parts.now());
        if (event === undefined || !isSendEvent(event)) throw error;
        const isAnswer = event.event === 'refused' || event.event === 'hopeless';
        return isAnswer ? { event } : { event, failure: toErrorRecord(error) };
      }
    },
  });
}

/** What came of a batch that somebody else may have sent: what was recorded, or nobody knows. */
export function recallBatch(batch: Journal): Promise<Sent> {
  return batch.step<Sent>('send', { act: () => Promise.resolve({ event: { event: 'lost' } }) });
}

function combineGuards(one: EffectGuard, other: EffectGuard): EffectGuard {
  return {
    signal: AbortSignal.any([one.signal, other.signal]),
    assertHeld: () => {
      one.assertHeld();
      other.assertHeld();
    },
  };
}

function isSendEvent(event: DrainEvent): event is Sent['event'] {
  return event.event !== 'taken' && event.event !== 'sending' && event.event !== 'looked';
}
