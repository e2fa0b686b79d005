import { AppError, cutText } from '@quartermaster/foundation';
import type { TaskRecord, Tasks } from '@quartermaster/stores';
import type { AnyTask, TaskRegistry } from '@quartermaster/tasks';

const TASK_ID = /^[0-9a-f]{24}$/;

/** The kind of task of this name or alias. Throws 404 naming those that there are, or 503 where it is broken. */
export function findTask(registry: TaskRegistry, name = ''): AnyTask {
  const task = registry.find(name);
  if (task !== undefined) return task;
  const broken = registry.broken().find((entry) => entry.name === name);
  if (broken !== undefined) {
    throw new AppError('unavailable', 'task-broken', `The task ${name} can not be loaded: ${broken.error}`);
  }
  const message = `There is no task ${cutText(name, 60)}; there are ${registry.names().join(', ')}.`;
  throw new AppError('not-found', 'unknown-task', message);
}

/** The record of this id. Throws 404. */
export async function loadTask(tasks: Tasks, task: AnyTask, id = ''): Promise<TaskRecord> {
  const record = isTaskId(id) ? await tasks.load(task.name, id, Date.now()) : undefined;
  if (record === undefined) throw unknownTaskId(task, id);
  return record;
}

export function isTaskId(id: string): boolean {
  return TASK_ID.test(id);
}

export function unknownTaskId(task: AnyTask, id: string): AppError {
  return new AppError('not-found', 'unknown-task-id', `There is no ${task.name} ${cutText(id, 60)}.`);
}
