import type Joi from 'joi';
import type { TaskRecord } from '@quartermaster/stores';
import type { TaskContext } from './task-context.js';

/** What a task's `run.ts` exports. */
export interface TaskModule<Fields extends object> {
  /**
   * Does the task. Returning completes it (AWSuper's `ack`). `throw new RetryLater(ms)` has it called again later (`nack()`);
   * `unavailable` of a port is tried again by itself; any other throw ends it `FAILED` (`nack(false)`).
   * It may be called again from its beginning at any time, by another worker: what has an effect is a `ctx.step`.
   */
  run(ctx: TaskContext<Fields>): Promise<void>;
  /**
   * Brings back what `run` left in the middle, after a cancel or a failure; the record says which in `status`. Only when it
   * has returned is the task `settled`. Called again like `run`, until it returns. Without it there is nothing to bring back.
   */
  settle?(ctx: TaskContext<Fields>): Promise<void>;
}

/**
 * A kind of task. `Sent` is what a request may carry, `Progress` what the run adds to the record. All of this is read by
 * `web`, so it loads nothing heavy: `run` is what the worker imports.
 */
export interface TaskDefinition<Sent extends object, Progress extends object = object> {
  /** kebab-case: the path `/tasks/<name>`. */
  readonly name: string;
  /** Other names under which it can be asked for. */
  readonly aliases?: readonly string[];
  /** Of the request's body, defaults included. */
  readonly schema: Joi.ObjectSchema<Sent>;
  /** What the run adds, as it stands before the run. */
  readonly initial?: Progress;
  /** What this one does, for log and Slack: `restart api of mobile-app`. */
  readonly describe?: (fields: Sent) => string;
  /** Whether Slack is told nothing of this one: it changes nothing, say, and its sender reads the answer. */
  readonly isQuiet?: (fields: Sent & Partial<Progress>) => boolean;
  /** Whether a request waits for the end though it did not ask to (`Prefer: respond-async` turns that off). */
  readonly waits?: (fields: Sent) => boolean;
  /**
   * What a new task is to be sent, that goes on where this ended one stopped: failed, cancelled, or completed. Throws
   * `conflict` where nothing is left. Without it the task can not be resumed.
   */
  readonly resume?: (record: TaskRecord<Sent & Progress>) => Sent;
  readonly run: () => Promise<TaskModule<Sent & Progress>>;
}

/** A task of whatever fields, as registry, routes and worker handle it. */
// oxlint-disable-next-line typescript/no-explicit-any -- fields differ from task to task, and functions take them
export type AnyTask = TaskDefinition<any, any>;

/** Ties a task's parts to each other's types. */
export function defineTask<Sent extends object, Progress extends object = object>(
  definition: TaskDefinition<Sent, Progress>,
): TaskDefinition<Sent, Progress> {
  return definition;
}
