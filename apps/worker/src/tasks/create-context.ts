import { AppError, type EffectGuard } from '@quartermaster/foundation';
import type { Effect, Journal } from '@quartermaster/jobs';
import {
  asRedisFailure,
  TASK_RECORD_FIELDS,
  type JsonObject,
  type TaskRecord,
  type Tasks,
} from '@quartermaster/stores';
import { TaskCancelled, type TaskContext, type TaskLog, type TaskStacks } from '@quartermaster/tasks';
import type { CancelWatch } from './cancel-watch.js';

/** What is the same for all tasks of this process. */
export interface TaskSurroundings {
  readonly stacks: TaskStacks;
  readonly aws: Pick<TaskContext<object>, 'ec2' | 'opsworks'>;
  readonly pollMs: number;
  /** Aborted with `Interrupted` when the process is stopping. */
  readonly stopping: AbortSignal;
}

export interface ContextParts extends TaskSurroundings {
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly log: TaskLog;
  readonly record: TaskRecord;
  /** Missing while it settles: then a cancel stops nothing. */
  readonly cancel?: CancelWatch;
}

/** What timers can wait (nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Fields = Record<string, unknown>;

/** The steps that the house itself makes of a task begin so. */
const RESERVED_STEP = /^(notify-)?task-/;

/** The context of one call of `run` or `settle`; `close` when it has come to its end. */
export function createTaskContext(parts: ContextParts): { ctx: TaskContext<Fields>; close: () => void } {
  const { tasks, journal, log, cancel, stacks, aws, pollMs } = parts;
  const { task, id } = parts.record;
  let record: TaskRecord<Fields> = parts.record;
  const { signal, close } = firstOf([journal.guard.signal, parts.stopping, ...(cancel ? [cancel.signal] : [])]);

  const ctx: TaskContext<Fields> = {
    get record() {
      return record;
    },
    update: async (patch) => {
      const reserved = Object.keys(patch).filter((name) => TASK_RECORD_FIELDS.some((own) => own === name));
      if (reserved.length > 0) {
        throw new AppError('invalid', 'reserved-field', `A task can not change ${reserved.join(', ')} itself.`);
      }
      const writing = tasks.update(task, id, patch as JsonObject, journal.holder, Date.now());
      const updated = await writing.catch(throwOurs);
      if (updated === undefined) throw new AppError('not-found', 'task-gone', `${task} ${id} is not kept any more.`);
      record = updated;
      cancel?.seen(updated.status);
    },
    step: async <T>(name: string, effect: Effect<T> | ((guard: EffectGuard) => Promise<T>)): Promise<T> => {
      if (RESERVED_STEP.test(name)) {
        throw new AppError('invalid', 'reserved-step', `No step can be called ${name}: names with task- are taken.`);
      }
      if (cancel?.signal.aborted === true) throw new TaskCancelled();
      return runStep(journal, name, typeof effect === 'function' ? { act: effect } : effect);
    },
    claim: async (name) => {
      const claim = await tasks.claim(task, id, name, journal.holder, Date.now()).catch(throwOurs);
      if (claim.claimed) return;
      const message = `${task} ${claim.holder} has ${name} for itself and is not settled yet.`;
      throw new AppError('conflict', 'claimed', message);
    },
    log,
    sleep: (ms) => sleep(ms, signal),
    signal,
    get cancelled() {
      return record.status === 'CANCELLED' || cancel?.signal.aborted === true;
    },
    pollMs,
    stacks,
    get ec2() {
      return aws.ec2;
    },
    get opsworks() {
      return aws.opsworks;
    },
  };
  return { ctx, close };
}

/** Redis being away is our failure; the same words in an error out of the task's own code are not. */
function throwOurs(error: unknown): never {
  throw asRedisFailure(error) ?? error;
}

async function runStep<T>(journal: Journal, name: string, effect: Effect<T>): Promise<T> {
  let own: { readonly error: unknown } | undefined;
  const noting = async <R>(call: () => Promise<R>): Promise<R> => {
    try {
      return await call();
    } catch (error) {
      own = { error };
      throw error;
    }
  };
  try {
    return await journal.step(name, {
      act: (guard) => noting(() => effect.act(guard)),
      observe: (guard) => noting(async () => effect.observe?.(guard)),
    });
  } catch (error) {
    if (own?.error === error) throw error;
    return throwOurs(error);
  }
}

/** Aborted with the first of these. `AbortSignal.any` would be kept in memory as long as any of them lives. */
function firstOf(signals: readonly AbortSignal[]): { signal: AbortSignal; close: () => void } {
  const abort = new AbortController();
  const follow = (): void => abort.abort(signals.find(({ aborted }) => aborted)?.reason);
  for (const signal of signals) signal.addEventListener('abort', follow);
  if (signals.some(({ aborted }) => aborted)) follow();
  return {
    signal: abort.signal,
    close: () => {
      for (const signal of signals) signal.removeEventListener('abort', follow);
    },
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', wake);
        resolve();
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
    if (signal.aborted) wake();
    else signal.addEventListener('abort', wake, { once: true });
  });
}
