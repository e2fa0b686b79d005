import { AppError } from '@quartermaster/foundation';
import { RetryLater } from '@quartermaster/jobs';
import type { TaskException, TaskRecord } from '@quartermaster/stores';
import { createTaskContext } from './create-context.js';
import { isOurOwn, judgeThrow, toException } from './judge-throw.js';
import { hasBegun, importModule, tell, type TaskRun } from './task-run.js';

/** The longest pause (ms) before `settle` is called again. */
const LONGEST_PAUSE_MS = 60_000;

/** The task has failed, or was cancelled meanwhile: says so, and brings back what it left in the middle. */
export async function failTask(run: TaskRun, exception: TaskException): Promise<void> {
  const { tasks, task, id, journal, lines, now } = run;
  lines.error(`Failed: ${exception.message}`);
  await lines.flush();
  const record = await tasks.end(task, id, 'FAILED', exception, journal.holder, now());
  if (record !== undefined) await endTask(run, record);
}

/**
 * The end of a task that is cancelled, failed or completed: told, and settled where it is not. Harmless at every
 * repetition, so a worker that was killed in the middle of this is followed by another.
 */
export async function endTask(run: TaskRun, record: TaskRecord): Promise<void> {
  const { tasks, task, id, journal, lines, now } = run;
  if (record.status === 'COMPLETED') return tell(run, record, 'completed');
  if (record.status === 'FAILED') await tell(run, record, 'failed');
  if (!record.settled) {
    if (await hasBegun(run, false)) await bringBack(run, record);
    await lines.flush();
    await tasks.settle(task, id, journal.holder, now());
  }
  // What bringing back came to is told, too.
  if (record.status === 'CANCELLED') await tell(run, (await tasks.load(task, id, now())) ?? record, 'cancelled');
}

async function bringBack(run: TaskRun, record: TaskRecord): Promise<void> {
  const { tasks, definition, journal, lines, log, surroundings, now } = run;
  if (definition === undefined) {
    log.error(NO_DEFINITION, { status: record.status });
    throw new RetryLater(LONGEST_PAUSE_MS);
  }
  const { ctx, close } = createTaskContext({ ...surroundings, tasks, journal, log: lines, record });
  try {
    const module = await importModule(definition);
    await module.settle?.(ctx);
  } catch (thrown) {
    const verdict = judgeThrow(thrown, { cancelled: false, signal: ctx.signal, now: now() });
    if (verdict.kind === 'again' && (isOurOwn(verdict.error) || verdict.error instanceof RetryLater)) {
      throw verdict.error;
    }
    const pause = await pauseOf(run);
    const { message } = toException(thrown, now());
    lines.error(`What was left in the middle could not be brought back: ${message}; trying again`);
    log.warn('A task can not be settled; tried again', { error: thrown, delay_ms: pause.delayMs });
    throw pause;
  } finally {
    close();
    await lines.flush();
  }
}

const NO_DEFINITION =
  'A task was left in the middle, and this worker does not know its kind; set TASKS_DIR as web has it';

/** For ever, since nobody else would bring back what is down; the longer it lasts, the slower. */
async function pauseOf({ journal, pauseMs, now }: TaskRun): Promise<RetryLater> {
  const since = await journal.step('task-trouble', { act: () => Promise.resolve(now()) });
  return new RetryLater(Math.min(Math.max(pauseMs, now() - since), LONGEST_PAUSE_MS));
}

/** How long (ms) a task waits for a worker that knows its kind, and how often one that does not asks for it. */
const KIND_PATIENCE_MS = 600_000;
const KIND_PAUSE_MS = 5_000;

/** A kind of task that this worker does not know: a worker beside it may, or will after a deployment. */
export async function awaitDefinition(run: TaskRun, record: TaskRecord): Promise<void> {
  const { task, journal, log, now } = run;
  if (record.settled || record.status === 'CANCELLED' || record.status === 'FAILED') return endTask(run, record);
  const noticed = await journal.step('task-missing', {
    act: async () => {
      log.error('This worker does not know a kind of task; is TASKS_DIR set as web has it?');
      return now();
    },
  });
  const since = Math.max(noticed, Date.parse(record.due_at ?? record.date_created), Date.parse(record.date_updated));
  if (now() - since < KIND_PATIENCE_MS) throw new RetryLater(KIND_PAUSE_MS);
  const message = `No worker knows the task ${task}: set TASKS_DIR for the worker as it is set for web.`;
  await failTask(run, toException(new AppError('unprocessable', 'unknown-task', message), now()));
}
