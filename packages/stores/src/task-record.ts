/** What survives JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

export const TASK_STATUSES = ['PENDING', 'RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** A failure that a task met, whether it went on after it or not. */
export interface TaskException {
  readonly message: string;
  readonly code?: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
}

export type TaskLogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** A line of a task's log. Ids grow: `<ms>-<number>`, as streams of Redis have them. */
export interface TaskLogLine {
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
  readonly level: TaskLogLevel;
  readonly message: string;
}

/** A task as it is kept. `fields` are the task's own: what was sent, and what its run adds. */
export interface TaskRecord<Fields extends object = JsonObject> {
  /** 24 hexadecimal digits. */
  readonly id: string;
  /** Name of the kind of task, never an alias. */
  readonly task: string;
  readonly status: TaskStatus;
  /** Ended, and everything that it touched is back in place. */
  readonly settled: boolean;
  readonly fields: Fields;
  readonly exceptions: readonly TaskException[];
  readonly request_id: string;
  readonly slack_channel?: string;
  /** When it is to start, where that is not at once. ISO 8601 UTC, as all times here. */
  readonly due_at?: string;
  /** The ended task that this one goes on with, and the one that went on with this. */
  readonly resumed_from?: string;
  readonly resumed_by?: string;
  readonly date_created: string;
  readonly date_updated: string;
}

/** Names that a task's own fields can not have: they stand beside them in answers. */
export const TASK_RECORD_FIELDS = [
  '_id',
  'status',
  'settled',
  'exceptions',
  'log',
  'due_at',
  'slack_channel',
  'resumed_from',
  'resumed_by',
  'date_created',
  'date_updated',
] as const;

/** One condition on one field. Dates are compared as ms since 1970. */
export type TaskCondition =
  | { readonly kind: 'is'; readonly field: string; readonly values: readonly (string | number | boolean)[] }
  /** From `from` on and below `below`; either may be missing. For numbers and dates; `through` includes its end. */
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly from?: number;
      readonly below?: number;
      readonly through?: number;
    };

export interface TaskQuery {
  /** All must hold. Several `range`s on one field are alternatives where they came as several values of it. */
  readonly conditions: readonly (TaskCondition | { readonly kind: 'any'; readonly of: readonly TaskCondition[] })[];
  /** First decides; ties by `date_created`, newest first. */
  readonly sort: readonly { readonly field: string; readonly descending: boolean }[];
  /** From 1. */
  readonly page: number;
  readonly limit: number;
}
