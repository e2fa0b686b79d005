import type { Logger } from '@quartermaster/foundation';
import { checkTask } from './check-task.js';
import type { AnyTask } from './define-task.js';
import { listPlugIns, loadPlugIn } from './plug-ins.js';

/** A folder of `TASKS_DIR` that is no task: it can not be loaded, or what it exports is not one. */
export interface BrokenTask {
  readonly name: string;
  readonly error: string;
}

/** The tasks that there are: the built-in ones, and those of `TASKS_DIR`. */
export interface TaskRegistry {
  /** By its name or one of its aliases. */
  find(name: string): AnyTask | undefined;
  /** Of those that work, aliases left out, in order. */
  names(): string[];
  broken(): BrokenTask[];
}

export interface TaskRegistryOptions {
  readonly builtIn: readonly AnyTask[];
  /** `TASKS_DIR`: every folder in it is a task. */
  readonly folder?: string | undefined;
  readonly log: Logger;
}

/**
 * Loads all tasks once, for the life of the process; of each no more than its definition. One that is broken is named in
 * the log and in `broken()`, and stops no other.
 */
export function createTaskRegistry({ builtIn, folder, log }: TaskRegistryOptions): TaskRegistry {
  const tasks = new Map<string, AnyTask>();
  const aliases = new Map<string, AnyTask>();
  const broken: BrokenTask[] = [];
  const find = (name: string): AnyTask | undefined => tasks.get(name) ?? aliases.get(name);

  const add = (name: string, load: () => unknown): void => {
    try {
      const task = checkTask(load(), (taken) => find(taken) !== undefined);
      tasks.set(task.name, task);
      for (const alias of task.aliases ?? []) aliases.set(alias, task);
    } catch (error) {
      const reason = describeFailure(error);
      broken.push({ name, error: reason });
      log.error('A task can not be loaded', { task: name, reason, error });
    }
  };
  for (const task of builtIn) add(task.name, () => task);
  if (folder !== undefined) for (const plugIn of listPlugIns(folder)) add(plugIn.name, () => loadPlugIn(plugIn));
  if (folder !== undefined) log.info('Tasks loaded', { folder, tasks: [...tasks.keys()], broken: broken.length });

  return { find, names: () => [...tasks.keys()].sort(), broken: () => [...broken] };
}

/** One line. A syntax error says where it is only at the top of its stack. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error) && !isErrorLike(error)) return `it throws ${String(error)}`;
  const [message = ''] = error.message.split('\n');
  if (error.name !== 'SyntaxError') return message;
  const place = /([^/\\\n]+:\d+)(?:\n|$)/.exec(error.stack ?? '')?.[1];
  return place === undefined ? `SyntaxError: ${message}` : `SyntaxError: ${message} (${place})`;
}

/** An error of another realm is none of this one's. */
function isErrorLike(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}
