import { RetryLater } from '@quartermaster/jobs';
import type { TaskException, TaskRecord } from '@quartermaster/stores';
import { createTaskContext } from './create-context.js';
import { isOurOwn, judgeThrow, toException } from './judge-throw.js';
import { awaitKindToSettle } from './unknown-kind.js';
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
  if (definition === undefined) return awaitKindToSettle(run, record);
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

/** For ever, since nobody else would bring back what is down; the longer it lasts, the slower. */
async function pauseOf({ journal, pauseMs, now }: TaskRun): Promise<RetryLater> {
  const since = await journal.step('task-trouble', { act: () => Promise.resolve(now()) });
  return new RetryLater(Math.min(Math.max(pauseMs, now() - since), LONGEST_PAUSE_MS));
}
