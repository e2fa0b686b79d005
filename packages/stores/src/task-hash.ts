import { describeError, type Logger } from '@quartermaster/foundation';
import type { Json, JsonObject, TaskException, TaskRecord, TaskStatus } from './task-record.js';

/** A record as Redis has it; `task-scripts.ts` says what is in it. */
export type TaskHash = Readonly<Record<string, string>>;

/** Fields and values in turn, as scripts answer a hash. */
export function toHash(flat: readonly string[]): TaskHash {
  const hash: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) hash[flat[i] ?? ''] = flat[i + 1] ?? '';
  return hash;
}

/** Makes a record of a hash: `undefined` where there is none, or where it is not kept any more, or can not be read. */
export type ReadTask = (task: string, id: string, hash: TaskHash, now: number) => TaskRecord | undefined;

/** Of broken records no more than these are remembered as told. */
const MOST_TOLD = 1000;

/** Reads records; one that is broken is named in the log, once, and stands in nobody's way. */
export function createTaskReader(log: Logger): ReadTask {
  const told = new Set<string>();
  return (task, id, hash, now) => {
    try {
      return parseTask(task, id, hash, now);
    } catch (error) {
      if (!told.has(id) && told.size < MOST_TOLD) {
        told.add(id);
        log.error('The record of a task can not be read', { task, task_id: id, error: describeError(error) });
      }
      return undefined;
    }
  };
}

function parseTask(task: string, id: string, hash: TaskHash, now: number): TaskRecord | undefined {
  if (hash['status'] === undefined) return undefined;
  if (Number(hash['expires_at'] ?? Infinity) <= now) return undefined;
  const time = (field: string): string => new Date(Number(hash[field])).toISOString();
  const text = (field: 'slack_channel' | 'resumed_from' | 'resumed_by'): object =>
    hash[field] === undefined ? {} : { [field]: hash[field] };
  return {
    id,
    task,
    status: hash['status'] as TaskStatus,
    settled: hash['settled'] === '1',
    fields: ownFields(hash),
    exceptions: JSON.parse(hash['exceptions'] ?? '[]') as TaskException[],
    request_id: hash['request_id'] ?? '',
    ...text('slack_channel'),
    ...(hash['due_at'] === undefined ? {} : { due_at: time('due_at') }),
    ...text('resumed_from'),
    ...text('resumed_by'),
    date_created: time('created'),
    date_updated: time(hash['updated'] === undefined ? 'created' : 'updated'),
  };
}

function ownFields(hash: TaskHash): JsonObject {
  const own = Object.entries(hash).filter(([name]) => name.startsWith('f:'));
  return Object.fromEntries(own.map(([name, json]) => [name.slice(2), JSON.parse(json) as Json]));
}
