import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { runScript } from './script.js';
import { fieldKey, valueToken } from './task-entries.js';
import { toHash, type ReadTask } from './task-hash.js';
import { QUERY } from './task-query-script.js';
import type { TaskCondition, TaskQuery, TaskRecord } from './task-record.js';

/** An alternative as the script takes it. */
type Alternative =
  | { readonly kind: 'id'; readonly ids: readonly string[] }
  | { readonly kind: 'is'; readonly field: string; readonly tokens: readonly string[] }
  | { readonly kind: 'range'; readonly field: string; readonly min: string; readonly max: string };

/** One page of a kind of task. Text is sorted by its bytes; numbers come before text, and what lacks the field last. */
export async function queryTasks(
  { redis, keys, read }: { redis: Redis; keys: Keys; read: ReadTask },
  task: string,
  query: TaskQuery,
  now: number,
): Promise<{ num_found: number; records: TaskRecord[] }> {
  const terms = query.conditions.map((condition) =>
    (condition.kind === 'any' ? condition.of : [condition]).map(toAlternative),
  );
  const [only, ...others] = query.sort;
  // Newest first is how they come by themselves.
  const isPlain = only?.field === 'date_created' && only.descending && others.length === 0;
  const sorts = isPlain ? [] : query.sort.map(({ field, descending }) => ({ field: fieldKey(field), descending }));
  const first = (query.page - 1) * query.limit + 1;
  const args = [task, JSON.stringify(terms), JSON.stringify(sorts), first, first + query.limit - 1];
  const [count, ...found] = (await runScript(redis, QUERY, [], [keys.taskIndexes, keys.taskRecords, ...args])) as [
    number,
    ...[string, string[]][],
  ];
  const records = found.flatMap(([id, flat]) => read(task, id, toHash(flat), now) ?? []);
  return { num_found: count, records };
}

function toAlternative(condition: TaskCondition): Alternative {
  if (condition.kind === 'range') {
    const { from, below, through } = condition;
    const max = below === undefined ? (through === undefined ? '+inf' : String(through)) : `(${below}`;
    return { kind: 'range', field: fieldKey(condition.field), min: from === undefined ? '-inf' : String(from), max };
  }
  if (condition.field === '_id') return { kind: 'id', ids: [...new Set(condition.values.map(String))] };
  return { kind: 'is', field: fieldKey(condition.field), tokens: [...new Set(condition.values.map(valueToken))] };
}
