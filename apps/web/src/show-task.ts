import { queryFields, type AnyTask } from '@quartermaster/tasks';
import type { TaskLogLine, TaskRecord } from '@quartermaster/stores';

/** How many lines of its log a shown task has, the last ones. */
export const SHOWN_LINES = 100;
/** The same in a list of tasks. */
export const LISTED_LINES = 10;

export function taskHref({ task, id }: Pick<TaskRecord, 'task' | 'id'>): string {
  return `/tasks/${task}/${id}`;
}

/** A task as the API answers it: AWSuper's words, and its own fields beside them. */
export function showTask(task: AnyTask, record: TaskRecord, log: readonly TaskLogLine[]): object {
  const optional = ({ due_at, slack_channel, resumed_from, resumed_by }: TaskRecord): object =>
    // What is `undefined` is left out of the JSON.
    ({ due_at, slack_channel, resumed_from, resumed_by });
  return {
    _id: record.id,
    status: record.status,
    settled: record.settled,
    ...inOrder(task, record.fields),
    exceptions: record.exceptions,
    log: log.map(({ timestamp, level, message }) => ({ timestamp, level, message })),
    ...optional(record),
    date_created: record.date_created,
    date_updated: record.date_updated,
  };
}

/** Own fields in the order in which the task's definition has them; Redis keeps none. */
function inOrder(task: AnyTask, fields: TaskRecord['fields']): object {
  const names = Object.keys(fields);
  const places = new Map([...queryFields(task).order].map((name, i) => [name, i]));
  const place = (name: string): number => places.get(name) ?? places.size;
  names.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
}
