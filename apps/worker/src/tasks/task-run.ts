import type { JobContext, PayloadOf } from '@quartermaster/jobs';
import { taskCancelled, taskCompleted, taskFailed, taskStarted, type ToldTask } from '@quartermaster/notifications';
import type { TaskRecord, Tasks } from '@quartermaster/stores';
import type { AnyTask, TaskModule, TaskRegistry } from '@quartermaster/tasks';
import type { Notify } from '../notify.js';
import type { TaskSurroundings } from './create-context.js';
import { createRunLog, type RunLog } from './run-log.js';
import type { KindPatience } from './unknown-kind.js';

export interface RunTaskParts {
  readonly tasks: Tasks;
  readonly registry: TaskRegistry;
  readonly notify: Notify;
  readonly surroundings: TaskSurroundings;
  readonly webUrl: string;
  /** The first pause (ms) before `settle` is called again that has thrown; it grows up to a minute. */
  readonly pauseMs: number;
  readonly now: () => number;
}

/** One try of one task. */
export interface TaskRun extends RunTaskParts, JobContext {
  readonly kindPatience: KindPatience;
  readonly task: string;
  readonly id: string;
  /** `undefined`: this worker does not know this kind of task. */
  readonly definition: AnyTask | undefined;
  readonly lines: RunLog;
}

type RunPayload = PayloadOf<'run-task'>;

export function openTaskRun(
  parts: RunTaskParts & Pick<TaskRun, 'kindPatience'>,
  { task, task_id: id }: RunPayload,
  context: JobContext,
): TaskRun {
  const log = context.log.child({ task, task_id: id });
  const lines = createRunLog((written) => parts.tasks.appendLog(task, id, written), log);
  return { ...parts, ...context, log, task, id, definition: parts.registry.find(task), lines };
}

/** What a task's `run` imports; of CommonJS also as Node shows it where it can not read the names of the exports. */
export async function importModule(definition: AnyTask): Promise<TaskModule<object>> {
  const imported = (await definition.run()) as Partial<TaskModule<object>> & { default?: Partial<TaskModule<object>> };
  const module = typeof imported.run === 'function' ? imported : imported.default;
  if (typeof module?.run !== 'function') throw new Error(`The module of ${definition.name} exports no function run`);
  return module as TaskModule<object>;
}

/**
 * Whether `run` may have been called, by whatever worker: it is recorded before. Asked with `begin` by who is about to
 * call it, else by who wants to know whether there is anything to bring back; then it will never be called any more.
 */
export function hasBegun({ journal }: TaskRun, begin: boolean): Promise<boolean> {
  return journal.step('task-begin', { act: () => Promise.resolve(begin) });
}

/** What a task does, in its own words. */
export function describeTask({ definition, log }: TaskRun, record: TaskRecord): string {
  try {
    return definition?.describe?.(record.fields) ?? '';
  } catch (error) {
    log.warn('A task can not describe itself', { error });
    return '';
  }
}

type Event = 'started' | 'completed' | 'failed' | 'cancelled';

function isQuiet({ definition, log }: TaskRun, record: TaskRecord): boolean {
  try {
    return definition?.isQuiet?.(record.fields) === true;
  } catch (error) {
    log.warn('A task can not tell whether it is quiet', { error });
    return false;
  }
}

/** Tells Slack, once for each event, unless the task is a quiet one. */
export async function tell(run: TaskRun, record: TaskRecord, event: Event): Promise<void> {
  if (isQuiet(run, record)) return;
  const { task, id, webUrl, notify, journal, request_id } = run;
  const told: ToldTask = { id, task, href: `${webUrl}/tasks/${task}/${id}`, does: describeTask(run, record) };
  const texts = { started: taskStarted, completed: taskCompleted, cancelled: taskCancelled };
  const reason = record.exceptions.at(-1)?.message ?? 'the reason is not known';
  const text = event === 'failed' ? taskFailed(told, reason) : texts[event](told);
  const message = { event_id: `task-${event}-${id}`, channel: record.slack_channel, text, step: `task-${event}` };
  await notify(journal, message, request_id);
}
