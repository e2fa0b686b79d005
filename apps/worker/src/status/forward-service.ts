import { AppError, describeError, toErrorRecord, type ErrorRecord } from '@quartermaster/foundation';
import { LeaseLost, RetryLater, type JobContext, type Journals, type Producer } from '@quartermaster/jobs';
import { statusNotForwarded, type StatusReceiver } from '@quartermaster/notifications';
import type {
  ForwardingStep,
  ForwardingTrouble,
  OpenJob,
  StatusForwarding,
  StatusUpdate,
  WaitingUpdate,
} from '@quartermaster/stores';
import { expired, outOfTime, worsen, type ForwardingTimes } from './plan-retry.js';

export interface ForwardingParts {
  readonly updates: StatusForwarding;
  /** Missing: updates are recorded only. */
  readonly receiver: StatusReceiver | undefined;
  readonly journals: Pick<Journals, 'open'>;
  readonly producer: Pick<Producer, 'describe' | 'dispatch' | 'enqueue'>;
  readonly times: ForwardingTimes;
  readonly now: () => number;
}

/** The hands that work off one service's list, for as long as this process has it. */
export interface ServiceForwarder {
  /** One step, stored. False: nothing waits any more. Throws `RetryLater` where it has to wait. */
  step(): Promise<boolean>;
  /** The update at the head can not be forwarded, for a reason of ours; the others go on. */
  abandonHead(error: ErrorRecord): Promise<void>;
}

type Answer = { readonly result: 'delivered' } | { readonly result: 'refused'; readonly error: ErrorRecord };

/**
 * An update has a journal of its own, with the one step `forward`. It is kept (ms) for whoever goes on after a crash; after
 * that it is forwarded again, under the same event id.
 */
const KEPT_MS = 900_000;
/** As many are taken off the list at once where nothing is sent. */
const MANY = 1000;
/** Failures of the target; all others are ours. */
const TARGET_FAILURES: ReadonlySet<string> = new Set(['status-target-unavailable', 'status-target-throttled']);

export function createServiceForwarder(parts: ForwardingParts, service: string, context: JobContext): ServiceForwarder {
  const { updates, receiver, producer, now, times } = parts;
  const { journal, log } = context;

  const save = async (step: ForwardingStep): Promise<void> => {
    const isStored = await updates.store(service, journal.holder.fence, step, now());
    if (!isStored) throw new LeaseLost(`status:${service}`, 'another process has taken over');
    for (const job of step.jobs ?? []) await producer.dispatch(job);
  };

  const abandon = async (lost: readonly WaitingUpdate[], error: ErrorRecord, trouble?: ForwardingTrouble) => {
    const [first, last] = [lost[0], lost.at(-1)];
    if (first === undefined || last === undefined) return;
    const { id, status, timestamp } = last.update;
    const of = { service, updates: lost.length, first_event_id: first.update.id, last_event_id: id };
    log.error('Status updates could not be forwarded', { ...of, code: error.code, error: error.message });
    await save({
      ids: idsOf(lost),
      ended: { state: 'failed', error },
      given_up: { update: { id, status, timestamp }, error, at: now() },
      trouble,
      jobs: tell(producer, service, lost, error),
    });
  };

  /** The target has failed: again after a pause that grows, but for those whose time is over. */
  const fail = async (head: WaitingUpdate, former: ForwardingTrouble | undefined, error: AppError): Promise<void> => {
    const trouble = worsen(former, error, now(), times);
    const { tries } = trouble;
    log.warn('A status update could not be forwarded yet', { service, tries, code: error.code, error: error.message });
    let lost = expired([head], now(), times);
    while (lost.length > 0) {
      // The target has just failed for the first of them; the others' time was over meanwhile.
      lost = expired((await updates.look(service, MANY)).waiting, now(), times);
      await abandon(lost, outOfTime(trouble.error, times), trouble);
    }
    await save({ ids: [], trouble });
  };

  const forward = async (to: StatusReceiver, update: StatusUpdate): Promise<Answer> => {
    const own = await parts.journals.open(`status-update:${update.id}`, KEPT_MS);
    try {
      return await own.step<Answer>('forward', {
        act: async (guard) => {
          const { id, ...body } = update;
          try {
            await to.deliver({ event_id: id, body }, guard);
            return { result: 'delivered' };
          } catch (error) {
            const isRefused = error instanceof AppError && error.code === 'status-refused';
            if (!isRefused || guard.signal.aborted) throw error;
            return { result: 'refused', error: toErrorRecord(error) };
          }
        },
      });
    } finally {
      await own.close().catch((error: unknown) => {
        log.debug('A lease could not be given back; it runs out by itself', { error: describeError(error) });
      });
    }
  };

  return {
    step: async () => {
      const { waiting, trouble } = await updates.look(service, receiver === undefined ? MANY : 1);
      const [head] = waiting;
      if (head === undefined) return false;
      if (receiver === undefined) {
        await save({ ids: idsOf(waiting), ended: { state: 'none' } });
        return true;
      }
      const pause = (trouble?.next_at ?? 0) - now();
      if (pause > 0) throw new RetryLater(pause);
      const { id, status } = head.update;
      try {
        const answer = await forward(receiver, head.update);
        if (answer.result === 'refused') {
          await abandon([head], answer.error);
        } else {
          log.info('Forwarded a status update', { service, event_id: id, status });
          await save({ ids: [id], ended: { state: 'delivered' } });
        }
      } catch (error) {
        if (!(error instanceof AppError) || !TARGET_FAILURES.has(error.code)) throw error;
        await fail(head, trouble, error);
      }
      return true;
    },
    abandonHead: async (error) => {
      await abandon((await updates.look(service, 1)).waiting, error);
      const { waiting } = await updates.look(service, 1);
      if (waiting.length > 0) await producer.enqueue('forward-status', { service });
    },
  };
}

function idsOf(waiting: readonly WaitingUpdate[]): string[] {
  return waiting.map(({ update }) => update.id);
}

/** The jobs that tell of updates which were given up: one a channel. */
function tell(
  producer: ForwardingParts['producer'],
  service: string,
  lost: readonly WaitingUpdate[],
  error: ErrorRecord,
): OpenJob[] {
  const channels = new Map<string, WaitingUpdate[]>();
  for (const one of lost) {
    if (one.slack_channel === undefined) continue;
    channels.set(one.slack_channel, [...(channels.get(one.slack_channel) ?? []), one]);
  }
  return [...channels].map(([channel, told]) => {
    const [first] = told;
    const text = statusNotForwarded(service, told.length, error.message);
    const event_id = `unforwarded-${first?.update.id ?? ''}`;
    return producer.describe('send-notification', { event_id, channel, text }, { request_id: first?.request_id });
  });
}
