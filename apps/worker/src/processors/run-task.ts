import { AppError } from '@quartermaster/foundation';
import { RetryLater, type PayloadOf, type Processor } from '@quartermaster/jobs';
import type { TaskRecord } from '@quartermaster/stores';
import { watchCancel } from '../tasks/cancel-watch.js';
import { createTaskContext } from '../tasks/create-context.js';
import { endTask, failTask } from '../tasks/end-task.js';
import { isOurOwn, judgeThrow, toException, type Verdict } from '../tasks/judge-throw.js';
import {
  describeTask,
  hasBegun,
  importModule,
  openTaskRun,
  tell,
  type RunTaskParts,
  type TaskRun,
} from '../tasks/task-run.js';
import { awaitKind, createKindPatience } from '../tasks/unknown-kind.js';

/** Runs a task from where it stands. What it becomes is on its record; the job is only what calls it, again and again. */
export function createRunTask(given: RunTaskParts): Processor<PayloadOf<'run-task'>> {
  const parts = { ...given, kindPatience: createKindPatience() };
  return {
    run: async (payload, context) => {
      const run = openTaskRun(parts, payload, context);
      try {
        await runTask(run);
      } finally {
        await run.lines.flush();
      }
    },
    giveUp: async (payload, error, context) => {
      const run = openTaskRun(parts, payload, context);
      const record = await load(run);
      if (record === undefined) return;
      try {
        const isOver = record.status !== 'PENDING' && record.status !== 'RUNNING';
        await (isOver ? endTask(run, record) : failTask(run, toException(error, parts.now())));
      } finally {
        await run.lines.flush();
      }
    },
  };
}

const load = ({ tasks, task, id, now }: TaskRun): Promise<TaskRecord | undefined> => tasks.load(task, id, now());

async function runTask(run: TaskRun): Promise<void> {
  const { tasks, task, id, journal, log, lines, now } = run;
  const found = await load(run);
  if (found === undefined) return log.warn('A task is not kept any more; nothing to do');
  if (run.definition === undefined) {
    const isOver = found.status !== 'PENDING' && found.status !== 'RUNNING';
    return isOver ? endTask(run, found) : failTask(run, await awaitKind(run, found));
  }
  const record = await tasks.begin(task, id, journal.holder, now());
  if (record === undefined) return;
  if (record.status !== 'RUNNING') return endTask(run, record);
  if (found.status === 'PENDING') lines.info(`Started: ${describeTask(run, record) || task}`);
  await tell(run, record, 'started');

  const verdict = await perform(run, record);
  if (verdict === 'returned') {
    // Who follows the log reads it to its end before the task is seen as ended.
    await lines.flush();
    const ended = await tasks.end(task, id, 'COMPLETED', undefined, journal.holder, now());
    return ended && endTask(run, ended);
  }
  if (verdict.kind === 'failed') return failTask(run, verdict.exception);
  if (verdict.kind === 'again') {
    if (isOurOwn(verdict.error) || !(await isCancelled(run))) {
      await noteTrouble(run, verdict.error);
      throw verdict.error;
    }
  }
  const cancelled = await load(run);
  if (cancelled !== undefined) await endTask(run, cancelled);
}

async function perform(run: TaskRun, record: TaskRecord): Promise<'returned' | Verdict> {
  const { tasks, task, id, definition, journal, lines, log, surroundings, now } = run;
  if (definition === undefined) return 'returned';
  const cancel = watchCancel(() => tasks.statusOf(task, id));
  const { ctx, close } = createTaskContext({ ...surroundings, tasks, journal, log: lines, record, cancel });
  try {
    const module = await importModule(definition);
    await hasBegun(run, true);
    await module.run(ctx);
    return 'returned';
  } catch (thrown) {
    const verdict = judgeThrow(thrown, { cancelled: cancel.signal.aborted, signal: ctx.signal, now: now() });
    if (verdict.kind === 'failed') log.warn('A task has failed', { error: thrown });
    return verdict;
  } finally {
    cancel.stop();
    close();
  }
}

/** A cancel that came after the last look would otherwise wait as long as the task wants to. */
async function isCancelled({ tasks, task, id }: TaskRun): Promise<boolean> {
  return (await tasks.statusOf(task, id)) === 'CANCELLED';
}

/** What is out of reach is tried again for a day: it stands in the record once, not each time. */
async function noteTrouble(run: TaskRun, error: RetryLater | AppError): Promise<void> {
  if (!(error instanceof AppError) || isOurOwn(error)) return;
  const { tasks, task, id, journal, lines, now } = run;
  const exception = toException(error, now());
  const isKnown = (await load(run))?.exceptions.some(({ message }) => message === exception.message) ?? true;
  if (isKnown) return;
  lines.warn(`${exception.message} Trying again`);
  await tasks.noteException(task, id, exception, journal.holder, now());
}
