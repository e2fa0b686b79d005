import { AppError, describeError, type Logger, type ReportBug } from '@quartermaster/foundation';
import { asRedisFailure, type DoneJob } from '@quartermaster/stores';
import type { JobDefinition } from './define-job.js';
import type { Journal, Journals } from './journal.js';
import { RetryLater, type RetryDecision } from './retry.js';

export interface JobContext {
  readonly journal: Journal;
  readonly log: Logger;
  readonly request_id: string | undefined;
}

export interface Processor<Payload> {
  run(payload: Payload, context: JobContext): Promise<void>;
  /** Called once the work can not be done: says so wherever somebody waits for it. */
  giveUp?(payload: Payload, error: unknown, context: JobContext): Promise<void>;
}

/** How one try of a job went, and what is to follow. */
export type Ending = { readonly next: 'done' } | (RetryDecision & { readonly error: unknown });

/** `retried`: it failed and is tried again; `postponed`: it waits for something, and that counts as no try. */
export type TryOutcome = 'done' | 'retried' | 'postponed' | 'given-up';

export interface Work {
  /** Of the job: its entry leaves the ledger together with the lease, unless it is to come again. */
  readonly done: DoneJob | undefined;
  readonly journals: Journals;
  readonly definition: JobDefinition<object>;
  readonly processor: Processor<object>;
  readonly payload: object;
  readonly decide: (error: unknown) => RetryDecision;
  readonly reportBug: ReportBug | undefined;
  /** Told how each try went and how long (s) it took. */
  readonly onTried?: ((outcome: TryOutcome, seconds: number) => void) | undefined;
}

/** How soon (ms) giving up is tried again that could not be completed itself. */
const GIVE_UP_AGAIN_MS = 2_000;

/**
 * One try of a job under its journal, which is closed again before anybody hears how it went. Throws only where the entry
 * of a job that has ended could not be closed.
 */
export async function runJob(work: Work, context: Omit<JobContext, 'journal'>): Promise<Ending> {
  const { journals, definition, processor, payload, done } = work;
  const { log } = context;
  const startedAt = performance.now();
  let journal: Journal | undefined;
  let ending: Ending;
  try {
    journal = await journals.open(definition.subject(payload), definition.retentionMs);
    await processor.run(payload, { ...context, journal });
    const ms = Math.round(performance.now() - startedAt);
    if (definition.isRoutine === true) log.debug('Done', { ms });
    else log.info('Done', { ms });
    ending = { next: 'done' };
  } catch (thrown) {
    ending = await endFailed(work, asRedisFailure(thrown) ?? thrown, context, journal);
  }
  work.onTried?.(outcomeOf(ending), (performance.now() - startedAt) / 1000);
  if (ending.next !== 'later') {
    await journal?.close(done);
    return ending;
  }
  await journal?.close().catch((error: unknown) => {
    log.debug('A lease could not be given back; it runs out by itself', { error: describeError(error) });
  });
  return ending;
}

function outcomeOf(ending: Ending): TryOutcome {
  if (ending.next === 'done') return 'done';
  if (ending.next === 'give-up') return 'given-up';
  return ending.countsAsAttempt ? 'retried' : 'postponed';
}

async function endFailed(
  { processor, payload, decide, reportBug }: Work,
  error: unknown,
  context: Omit<JobContext, 'journal'>,
  journal: Journal | undefined,
): Promise<Ending> {
  const decision = decide(error);
  if (!(error instanceof AppError) && !(error instanceof RetryLater)) reportBug?.(error, context.request_id ?? '');
  if (decision.next === 'later') {
    if (!(error instanceof RetryLater)) {
      logFailure(context.log, 'Failed; to be tried again', error, { delay_ms: decision.delayMs });
    }
    return { ...decision, error };
  }
  if (journal === undefined) {
    // Without its journal nothing can be said or undone: that is never the end.
    logFailure(context.log, 'The journal of a job could not be opened; to be tried again', error);
    return { next: 'later', delayMs: GIVE_UP_AGAIN_MS, countsAsAttempt: false, error };
  }
  logFailure(context.log, 'Given up', error);
  try {
    await processor.giveUp?.(payload, error, { ...context, journal });
    return { ...decision, error };
  } catch (failure) {
    if (!(failure instanceof RetryLater)) logFailure(context.log, 'Giving up failed; to be tried again', failure);
    const delayMs = failure instanceof RetryLater ? failure.delayMs : GIVE_UP_AGAIN_MS;
    return { next: 'later', delayMs, countsAsAttempt: false, error: failure };
  }
}

function logFailure(log: Logger, message: string, error: unknown, fields: object = {}): void {
  if (error instanceof AppError) log.warn(message, { ...fields, error: error.message, code: error.code });
  else log.error(message, { ...fields, error });
}
