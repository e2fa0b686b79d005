import { AppError, createSilentLogger, toWellFormedJson, type Logger } from '@quartermaster/foundation';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { openJobArguments, type OpenJob } from './open-jobs.js';
import { runScript, type Script } from './script.js';
import { describeFields, type DescribedField } from './task-entries.js';
import { createTaskLogs, type TaskLogs } from './task-logs.js';
import { createTaskReader, toHash } from './task-hash.js';
import { queryTasks } from './task-query.js';
import type { JsonObject, TaskException, TaskQuery, TaskRecord, TaskStatus } from './task-record.js';
import { ACCEPT, BEGIN, CANCEL, CLAIM, END, NOTE, SETTLE, TRIM, UPDATE } from './task-scripts.js';

export interface NewTask {
  /** 24 hexadecimal digits. */
  readonly id: string;
  /** Name of the kind of task, never an alias. */
  readonly task: string;
  /** What was sent, defaults included, and the task's `initial`. None of `TASK_RECORD_FIELDS`. */
  readonly fields: JsonObject;
  readonly request_id: string;
  readonly slack_channel?: string | undefined;
  /** ms since 1970, where it is not to start at once. */
  readonly due_at?: number | undefined;
  /** `run-task`, opened in the same script. */
  readonly job: OpenJob;
}

/** Who writes: the holder of the task's subject. What it writes counts only as long as the lease has its fence. */
export interface TaskWriter {
  readonly subject: string;
  readonly fence: number;
}

export type ResumedTask =
  | { readonly outcome: 'accepted' | 'same' }
  /** It was resumed before, by the task `by`. */
  | { readonly outcome: 'resumed'; readonly by: string }
  /** Of the former task: not kept, or not ended and settled yet. */
  | { readonly outcome: 'unknown' | 'unsettled' };

export interface CancelledTask {
  /**
   * `cancelled`: by this call; settled at once where it had not begun. `already`: cancelled before and not settled yet.
   * `ended`: completed, failed, or cancelled and settled before; nothing changed. `unknown`: not kept.
   */
  readonly outcome: 'unknown' | 'ended' | 'cancelled' | 'already';
  /** As it stands now; missing where unknown. */
  readonly record?: TaskRecord;
}

export type TaskClaim = { readonly claimed: true } | { readonly claimed: false; readonly holder: string };

/**
 * Records of tasks. `now` is ms since 1970. Whatever takes a `writer` throws `AppError` `unavailable` `lease-lost` once
 * another process has the subject, or the lease has run out, and has changed nothing then. All may be called again after an
 * answer was lost: the second time changes nothing more (but for `noteException`, which would note twice).
 */
export interface Tasks extends TaskLogs {
  /** Keeps a new task together with its open job. The same id again is the same task and changes nothing. */
  accept(task: NewTask, now: number): Promise<'accepted' | 'same'>;
  /**
   * The same for a task that goes on where the ended task `former` of its kind stopped. A task is resumed once: both
   * records remember it, in the same script.
   */
  resume(task: NewTask, former: string, now: number): Promise<ResumedTask>;
  load(task: string, id: string, now: number): Promise<TaskRecord | undefined>;
  /** The cheapest look at a task: for who looks every second. `undefined`: not kept. */
  statusOf(task: string, id: string): Promise<TaskStatus | undefined>;
  /** PENDING → RUNNING. One that has begun or ended comes back as it is; `undefined`: not kept any more. */
  begin(task: string, id: string, writer: TaskWriter, now: number): Promise<TaskRecord | undefined>;
  /**
   * Changes some of the task's own fields, at any time before it is settled. Returns the record as it stands then, in which
   * a cancel shows; `undefined`: not kept any more. Indexes move in the same script. Throws `unprocessable` `record-too-large`
   * where all of them would take more than 1 MB of JSON, or 2 MB while an ended task settles.
   */
  update(task: string, id: string, patch: JsonObject, writer: TaskWriter, now: number): Promise<TaskRecord | undefined>;
  /** Adds a failure to `exceptions`, the newest 100 of which are kept. */
  noteException(task: string, id: string, exception: TaskException, writer: TaskWriter, now: number): Promise<void>;
  /**
   * RUNNING (or PENDING) → COMPLETED, which is settled, or FAILED, which is not until `settle`. One that has ended stays as
   * it is. `exception` is noted where this call ended it, and on one that was cancelled meanwhile and is not settled. Returns the
   * record as it stands then: look at its `status`. `undefined`: not kept any more.
   */
  end(
    task: string,
    id: string,
    status: 'COMPLETED' | 'FAILED',
    exception: TaskException | undefined,
    writer: TaskWriter,
    now: number,
  ): Promise<TaskRecord | undefined>;
  /** An ended task has everything back in place: `settled`, its claims are free, and its retention begins. */
  settle(task: string, id: string, writer: TaskWriter, now: number): Promise<void>;
  /** PENDING → CANCELLED, settled; RUNNING → CANCELLED, to be settled by the worker. `job` is opened where this call cancelled it. */
  cancel(task: string, id: string, now: number, job?: OpenJob): Promise<CancelledTask>;
  /**
   * Has `name` for this task alone among its kind, until it is settled. Again by the same task: claimed. A holder that is not
   * kept any more, or settled, holds nothing. Throws `conflict` `task-settled` where the task itself is settled or not kept.
   */
  claim(task: string, id: string, name: string, writer: TaskWriter, now: number): Promise<TaskClaim>;
  /** One page of a kind of task, and how many there are in all. */
  query(task: string, query: TaskQuery, now: number): Promise<{ num_found: number; records: TaskRecord[] }>;
}

/** Records taken out in one go: so long (some 10 ms) nobody else is served. */
const TRIMMED = 200;

/** What the own fields of a task may take together (bytes of JSON). */
const MOST_BYTES = 1_000_000;

/** Removes every record that has been settled for longer than it is kept, with its log and its index entries; how many. */
export async function trimTasks(redis: Redis, keys: Keys, now: number): Promise<number> {
  const args = [keys.taskRecords, keys.taskIndexes, now, TRIMMED];
  let trimmed = 0;
  for (;;) {
    const removed = Number(await runScript(redis, TRIM, [keys.tasksExpiring, keys.tasksToWake], args));
    trimmed += removed;
    if (removed < TRIMMED) return trimmed;
  }
}

/**
 * Records of tasks in Redis, kept `retentionMs` after they are settled; a pending or running one as long as it takes. `log`
 * names records that can not be read: they count as not there.
 */
export function createTasks(redis: Redis, keys: Keys, retentionMs: number, log: Logger = createSilentLogger()): Tasks {
  const read = createTaskReader(log);
  const run = async (
    script: Script,
    { task, id, now, writer }: { task: string; id: string; now: number; writer?: TaskWriter },
    args: readonly (string | number)[] = [],
  ): Promise<[word: string, value?: unknown]> => {
    // A script that asks for no lease is given one that nobody has.
    const lease = keys.lease(writer?.subject ?? '');
    const reply = (await runScript(
      redis,
      script,
      [
        keys.task(task, id),
        lease,
        keys.taskClaims(task),
        keys.tasksExpiring,
        keys.openJobs,
        keys.openJobSpecs,
        keys.journal(writer?.subject ?? ''),
        keys.tasksToWake,
      ],
      [keys.taskRecords, keys.taskIndexes, task, id, now, retentionMs, writer?.fence ?? '', ...args],
    )) as [string, unknown?];
    if (reply[0] === 'lost') throw leaseLost(writer);
    if (reply[0] === 'too-large') throw tooLarge(task, id, Number(reply[1]));
    return reply;
  };
  const parse = (task: string, id: string, value: unknown, now: number): TaskRecord | undefined =>
    value === undefined ? undefined : read(task, id, toHash(value as string[]), now);
  const change: (
    script: Script,
    place: { task: string; id: string; now: number; writer: TaskWriter },
    args?: readonly (string | number)[],
  ) => Promise<TaskRecord | undefined> = async (script, place, args) => {
    const [, value] = await run(script, place, args);
    return parse(place.task, place.id, value, place.now);
  };
  const keep = (task: NewTask, former: string, now: number): Promise<[string, unknown?]> =>
    run(ACCEPT, { task: task.task, id: task.id, now }, [
      task.request_id,
      task.slack_channel ?? '',
      task.due_at ?? '',
      JSON.stringify({ order: String(task.due_at) }),
      fieldsOf(task.task, task.id, task.fields, MOST_BYTES),
      former,
      ...openJobArguments(task.job, now),
    ]);
  return {
    ...createTaskLogs(redis, keys),
    accept: async (task, now) => (await keep(task, '', now))[0] as 'accepted' | 'same',
    resume: async (task, former, now) => {
      const [outcome, by] = await keep(task, former, now);
      return (outcome === 'resumed' ? { outcome, by: String(by) } : { outcome }) as ResumedTask;
    },
    load: async (task, id, now) => read(task, id, await redis.hgetall(keys.task(task, id)), now),
    statusOf: async (task, id) =>
      ((await redis.hget(keys.task(task, id), 'status')) ?? undefined) as TaskStatus | undefined,
    begin: (task, id, writer, now) => change(BEGIN, { task, id, writer, now }),
    update: (task, id, patch, writer, now) =>
      change(UPDATE, { task, id, writer, now }, [fieldsOf(task, id, patch, 2 * MOST_BYTES), MOST_BYTES]),
    noteException: async (task, id, exception, writer, now) =>
      void (await change(NOTE, { task, id, writer, now }, [toWellFormedJson(exception)])),
    end: (task, id, status, exception, writer, now) =>
      change(END, { task, id, writer, now }, [status, exception === undefined ? '' : toWellFormedJson(exception)]),
    settle: async (task, id, writer, now) => void (await change(SETTLE, { task, id, writer, now })),
    cancel: async (task, id, now, job) => {
      const opened = job === undefined ? ['', '', 0] : openJobArguments(job, now);
      const [outcome, value] = await run(CANCEL, { task, id, now }, opened);
      const record = parse(task, id, value, now);
      return { outcome: outcome as CancelledTask['outcome'], ...(record === undefined ? {} : { record }) };
    },
    claim: async (task, id, name, writer, now) => {
      const [outcome, holder] = await run(CLAIM, { task, id, writer, now }, [name]);
      if (outcome === 'held') return { claimed: false, holder: String(holder) };
      if (outcome === 'claimed') return { claimed: true };
      throw new AppError('conflict', 'task-settled', `The task ${id} is settled, or not kept any more.`);
    },
    query: async (task, query, now) => {
      // What is not kept any more is not counted either.
      await trimTasks(redis, keys, now);
      return queryTasks({ redis, keys, read }, task, query, now);
    },
  };
}

/** As the scripts take fields. Throws where they alone are too many. */
function fieldsOf(task: string, id: string, fields: JsonObject, most: number): string {
  const described = describeFields(fields);
  const bytes = described.reduce((sum: number, { value }: DescribedField) => sum + Buffer.byteLength(value), 0);
  if (bytes > most) throw tooLarge(task, id, bytes);
  return JSON.stringify(described);
}

function tooLarge(task: string, id: string, bytes: number): AppError {
  const message = `The fields of ${task} ${id} would take ${bytes} bytes of JSON; ${MOST_BYTES} is the most.`;
  return new AppError('unprocessable', 'record-too-large', message);
}

/** As the journal says it: the retry rule knows it by its code. */
function leaseLost(writer: TaskWriter | undefined): AppError {
  const message = `The right to act on ${writer?.subject ?? 'the task'} has ended: another process holds it.`;
  return new AppError('unavailable', 'lease-lost', message);
}
