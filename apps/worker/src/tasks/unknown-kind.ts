import { AppError } from '@quartermaster/foundation';
import { RetryLater } from '@quartermaster/jobs';
import type { TaskException, TaskRecord } from '@quartermaster/stores';
import type { TaskRun } from './task-run.js';
import { toException } from './judge-throw.js';

/** How long (ms) a task that has not begun waits for a worker that knows its kind, and how often one that does not asks. */
const PATIENCE_MS = 600_000;
const PAUSE_MS = 5_000;
const SETTLE_PAUSE_MS = 60_000;

/** Longer than this (ms) without a look, and a worker that knows it may have been there: the patience begins anew. */
const LOOK_GAP_MS = 300_000;

/** For how long this process has met tasks that it does not know. A restart of it forgets, which only makes it more patient. */
export interface KindPatience {
  /** Notes a look; whether it is at its end. */
  isOver(id: string, now: number): boolean;
}

export function createKindPatience(): KindPatience {
  const met = new Map<string, { since: number; last: number }>();
  return {
    isOver: (id, now) => {
      for (const [other, { last }] of met) if (now - last > LOOK_GAP_MS) met.delete(other);
      const since = met.get(id)?.since ?? now;
      met.set(id, { since, last: now });
      return now - since >= PATIENCE_MS;
    },
  };
}

/**
 * A task of a kind that this worker does not know: one beside it may, or one will after a deployment. The exception for
 * which one that has not begun is to fail at last; one that runs is never given up, as its work is under way.
 */
export async function awaitKind(run: TaskRun, record: TaskRecord): Promise<TaskException> {
  const { task, id, kindPatience, now } = run;
  await sayOnce(run, 'task-unknown', 'warn', `${UNKNOWN} Waiting for one that does`);
  if (record.status !== 'PENDING' || !kindPatience.isOver(id, now())) throw new RetryLater(PAUSE_MS);
  const message = `No worker knows the task ${task}: set TASKS_DIR for the worker as it is set for web.`;
  return toException(new AppError('unprocessable', 'unknown-task', message), now());
}

const UNKNOWN = 'This worker does not know a kind of task; is TASKS_DIR set as web has it?';

/** Only a worker that knows it can bring back what it left in the middle; asked for ever, as what it claims stays claimed. */
export async function awaitKindToSettle(run: TaskRun, record: TaskRecord): Promise<never> {
  await sayOnce(run, 'task-unknown-settling', 'error', LEFT);
  run.log.error('A task was left in the middle, and this worker does not know its kind', { status: record.status });
  throw new RetryLater(SETTLE_PAUSE_MS);
}

const LEFT =
  'A task was left in the middle, and this worker does not know its kind. It is settled, and what it has for itself is free, ' +
  'only once a worker knows it again: put its folder back into TASKS_DIR, as web has it, and restart the worker';

/** In the task's own log, where who wonders about the task looks. */
async function sayOnce(
  { journal, lines }: TaskRun,
  step: string,
  level: 'warn' | 'error',
  text: string,
): Promise<void> {
  await journal.step(step, {
    act: async () => {
      lines[level](text);
      await lines.flush();
      return true;
    },
  });
}
