import type { Json, JsonObject, TaskException, TaskRecord, TaskStatus } from './task-record.js';

/** A record as Redis has it; `task-scripts.ts` says what is in it. */
export type TaskHash = Readonly<Record<string, string>>;

/** Fields and values in turn, as scripts answer a hash. */
export function toHash(flat: readonly string[]): TaskHash {
  const hash: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) hash[flat[i] ?? ''] = flat[i + 1] ?? '';
  return hash;
}

/** `undefined` where there is none, or where it is not kept any more. */
export function parseTask(task: string, id: string, hash: TaskHash, now: number): TaskRecord | undefined {
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
    date_updated: time('updated'),
  };
}

function ownFields(hash: TaskHash): JsonObject {
  const own = Object.entries(hash).filter(([name]) => name.startsWith('f:'));
  return Object.fromEntries(own.map(([name, json]) => [name.slice(2), JSON.parse(json) as Json]));
}
