import type { EffectGuard } from '@quartermaster/foundation';
import type { Effect } from '@quartermaster/jobs';
import type { StackInstance, StackSource } from '@quartermaster/stacks';
import type { TaskLogLevel, TaskRecord } from '@quartermaster/stores';
import type { AwsClients } from './aws/index.js';

/** A line for the task's own log and for the worker's. `values` are for the latter. */
export type TaskLog = Readonly<Record<TaskLogLevel, (message: string, values?: object) => void>>;

export interface TaskStacks extends StackSource {
  /** The instances of a layer by names or short names, in any case. `not-found`: `unknown-stack`, `unknown-layer`. */
  instances(stack: string, layer: string): Promise<StackInstance[]>;
  /** `undefined` where there is none. */
  instance(id: string): Promise<StackInstance | undefined>;
}

/** What a running task has to work with. */
export interface TaskContext<Fields extends object> {
  /** As it stands after the last `update`. */
  readonly record: TaskRecord<Fields>;
  /** Changes fields of the record; seen by everybody at once. Throws where the right to act has ended. */
  update(patch: Partial<Fields>): Promise<void>;
  /**
   * The one way to cause an effect (see packages/jobs: the journal). Done once, whatever crashes; throws `TaskCancelled`
   * once the task is cancelled, unless it is settling.
   */
  step<T>(name: string, effect: Effect<T> | ((guard: EffectGuard) => Promise<T>)): Promise<T>;
  /**
   * Has something for this task alone, until it is settled: `conflict` `claimed` where another unsettled task of this kind
   * has it, naming that task. Once a name of what is worked on, e.g. a layer's id; again by the same task: nothing new.
   */
  claim(name: string): Promise<void>;
  readonly log: TaskLog;
  /** Waits in this worker, up to a minute or so; for longer throw `RetryLater`, which leaves room for others. Woken by a cancel. */
  sleep(ms: number): Promise<void>;
  /** Aborted by a cancel, by the end of the process, or by the loss of the right to act. */
  readonly signal: AbortSignal;
  /** Whether a cancel was asked for. */
  readonly cancelled: boolean;
  /** How long (ms) to wait between two looks at something that takes its time: `TASK_POLL`. */
  readonly pollMs: number;
  readonly stacks: TaskStacks;
  /** The AWS SDK's own clients, authorized and ready. Effects through them belong in a `step`. */
  readonly ec2: AwsClients['ec2'];
  readonly opsworks: AwsClients['opsworks'];
}

/** Thrown into a task that was cancelled. Let it pass. */
export class TaskCancelled extends Error {
  override readonly name = 'TaskCancelled';
  constructor() {
    super('The task was cancelled');
  }
}
