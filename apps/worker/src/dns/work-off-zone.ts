import {
  advance,
  failHopeless,
  nextAction,
  readStanding,
  toDrainEvent,
  type DrainEvent,
  type DrainOptions,
  type RecordChange,
} from '@quartermaster/dns';
import { toErrorRecord, type ErrorRecord } from '@quartermaster/foundation';
import { LeaseLost, RetryLater, type JobContext, type Journal, type Producer } from '@quartermaster/jobs';
import type { DnsZones, OpenJob, ZoneTrouble, ZoneWork } from '@quartermaster/stores';
import { closeBatch, openBatch, recallBatch, sendBatch, type BatchParts, type Sent } from './send-batch.js';
import { requestInSlot, requestInTime, reserveSlot, type SlotClaimant } from './take-slot.js';
import { failedSets, tellFailures, type TellParts } from './tell-failures.js';
import { describeTrouble, isHopeless, pauseOf, worsen, type TroubleSettings } from './trouble.js';

export interface ZoneWorkParts extends BatchParts, TellParts {
  readonly zones: DnsZones;
  readonly producer: Pick<Producer, 'describe' | 'dispatch' | 'enqueue'>;
  readonly trouble: TroubleSettings;
  readonly drain?: DrainOptions;
}

/** The hands of the drain machine, for one zone and as long as this process has it. */
export interface ZoneWorker {
  /** The zone's work as a former process left it. */
  begin(): Promise<ZoneWork>;
  /** One action, stored. `undefined`: nothing waits any more. Throws `RetryLater` where it has to wait. */
  step(work: ZoneWork): Promise<ZoneWork | undefined>;
  /** Everything in hand fails, or, where nothing is, what waits; each with this error. */
  abandon(error: ErrorRecord): Promise<void>;
}

/** Wishes looked at in one go: two full batches, so that there are later ones to overtake earlier ones. */
const TAKE_LIMIT = 2000;
/** Route 53 hardly ever is done sooner (ms). */
const FIRST_LOOK_MS = 2_000;

export function createZoneWorker(parts: ZoneWorkParts, zoneId: string, context: JobContext): ZoneWorker {
  const { dns, zones, slots, producer, drain: options = {} } = parts;
  const { journal, log, request_id } = context;
  // Redis' clock: when a batch was sent may have been stored by another process, on another machine.
  let skewMs = 0;
  const now = (): number => parts.now() + skewMs;
  const setClock = async (): Promise<void> => {
    skewMs = (await zones.readClock()) - parts.now();
  };
  const own: SlotClaimant = { slots, claimant: `zone:${zoneId}`, lane: 'change' };

  const save = async (work: ZoneWork, outcomes: Parameters<DnsZones['store']>[2]['outcomes'], jobs: OpenJob[] = []) => {
    const step = { state: work.drain, trouble: work.trouble, outcomes, jobs };
    const isStored = await zones.store(zoneId, journal.holder.fence, step, now());
    if (!isStored) throw new LeaseLost(`zone:${zoneId}`, 'another process has taken over');
    for (const job of jobs) await producer.dispatch(job);
    return work;
  };

  const commit = async (work: ZoneWork, event: DrainEvent): Promise<ZoneWork> => {
    const { state, outcomes } = advance(work.drain, event, now(), options);
    const jobs = await tellFailures(parts, failedSets(outcomes), log);
    if (event.event === 'accepted') {
      const { change_id } = event;
      log.info('Route 53 has accepted a batch', { zone_id: zoneId, change_id, records: outcomes.length });
      const due_at = now() + FIRST_LOOK_MS;
      if (event.status === 'PENDING') {
        jobs.push(producer.describe('follow-change', { zone_id: zoneId, change_id }, { request_id, due_at }));
      }
    }
    const isWell = event.event === 'accepted' || event.event === 'refused' || event.event === 'looked';
    const isOver = event.event === 'looked' ? state.batches.length === 0 : isWell;
    const trouble = isOver ? undefined : work.trouble;
    return save({ drain: state, ...(trouble === undefined ? {} : { trouble }) }, outcomes, jobs);
  };

  /** Route 53 has failed: again after a pause that grows, until that has lasted too long. */
  const fail = async (work: ZoneWork, error: ErrorRecord, event?: Sent['event']): Promise<ZoneWork> => {
    const trouble: ZoneTrouble = worsen(work.trouble, now());
    if (isHopeless(trouble, parts.trouble)) {
      const told = { ...error, message: describeTrouble(trouble, error) };
      return commit({ ...work, trouble }, { event: 'hopeless', error: told });
    }
    const pause = pauseOf(trouble, parts.trouble);
    log.warn('Route 53 fails; to be tried again', { zone_id: zoneId, code: error.code, error: error.message });
    const again = event?.event === 'unsent' ? Math.max(event.again_at, now() + pause) : now() + pause;
    const { state } =
      event?.event === 'unsent'
        ? advance(work.drain, { event: 'unsent', again_at: again }, now(), options)
        : { state: work.drain };
    await save({ drain: state, trouble }, []);
    throw new RetryLater(again - now());
  };

  const takeIn = (work: ZoneWork, { event, failure }: Sent): Promise<ZoneWork> =>
    failure === undefined ? commit(work, event) : fail(work, failure, event);

  const look = async (work: ZoneWork, names: readonly string[]): Promise<ZoneWork> => {
    let pages = 0;
    const standing = await readStanding(names, (from) => {
      const list = () => dns.listRecordSets(zoneId, from);
      pages += 1;
      return pages === 1 ? requestInSlot(own, list) : requestInTime(own, journal.guard, list);
    }).catch((error: unknown) => asFailure(error, now()));
    if ('failure' in standing) {
      const { event, failure } = standing;
      return event.event === 'hopeless' ? commit(work, event) : fail(work, failure);
    }
    return commit(work, { event: 'looked', standing });
  };

  const send = async (work: ZoneWork, changes: readonly RecordChange[]): Promise<ZoneWork> => {
    const slot = await reserveSlot(own);
    let batch: Journal | undefined;
    try {
      const { state } = advance(work.drain, { event: 'sending' }, now(), options);
      const [inHand] = state.batches;
      if (inHand === undefined) throw new Error('nothing is in hand to be sent');
      batch = await openBatch(parts, zoneId, inHand);
      const begun = await save({ ...work, drain: state }, []);
      await slot.reached();
      const sent = await sendBatch({ ...parts, now }, batch, { id: zoneId, guard: journal.guard }, changes);
      return await takeIn(begun, sent);
    } finally {
      await slot.end();
      if (batch !== undefined) await closeBatch(batch, log);
    }
  };

  return {
    begin: async () => {
      await setClock();
      const work = await zones.load(zoneId);
      const [inHand] = work.drain.batches;
      if (inHand?.phase !== 'sent') return work;
      const batch = await openBatch(parts, zoneId, inHand);
      try {
        const sent = await recallBatch(batch);
        return sent.event.event === 'lost' ? work : await takeIn(work, sent);
      } finally {
        await closeBatch(batch, log);
      }
    },
    step: async (work) => {
      const action = nextAction(work.drain, now(), options);
      switch (action.do) {
        case 'take': {
          const waiting = await zones.take(zoneId, TAKE_LIMIT);
          return waiting.length === 0 ? undefined : commit(work, { event: 'taken', waiting });
        }
        case 'wait':
          throw new RetryLater(Math.max(1, action.until - now()));
        case 'look':
          return look(work, action.names);
        case 'send':
          return send(work, action.changes);
        default:
          throw new Error('no such action');
      }
    },
    abandon: async (error) => {
      await setClock();
      let work = await zones.load(zoneId);
      if (work.drain.batches.length === 0) {
        const waiting = await zones.take(zoneId, TAKE_LIMIT);
        const outcomes = waiting.map((set) => ({ id: set.id, record: set.record, ...failHopeless(set, error) }));
        await save(work, outcomes, await tellFailures(parts, failedSets(outcomes), log));
      }
      while (work.drain.batches.length > 0) work = await commit(work, { event: 'hopeless', error });
      if ((await zones.take(zoneId, 1)).length > 0) await producer.enqueue('drain-zone', { zone_id: zoneId });
    },
  };
}

function asFailure(error: unknown, now: number): { event: DrainEvent; failure: ErrorRecord } {
  const event = error instanceof LeaseLost ? undefined : toDrainEvent(error, now);
  if (event === undefined) throw error;
  return { event, failure: toErrorRecord(error) };
}
