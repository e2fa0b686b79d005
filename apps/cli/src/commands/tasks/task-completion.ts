import { path, type Api } from '../../api/api.js';
import type { Argument, Completion, Given } from '../../command.js';
import { stackNames } from '../stacks/stacks.js';
import type { TaskRecord } from './task-record.js';

export async function taskNames(api: Api): Promise<readonly string[]> {
  return api.get<readonly string[]>('/tasks');
}

/** Ids of the latest tasks of the kind that stands on the line; only of those that stand so, if any are named. */
export function idsOf(...statuses: readonly TaskRecord['status'][]): Completion {
  return async (api, { arguments: [task] }) => {
    if (task === undefined) return [];
    const { data } = await api.get<{ data: readonly TaskRecord[] }>(path`/tasks/${task}`, { status: statuses });
    return data.map(({ _id }) => _id);
  };
}

/** The task that a command is about. */
export const TASK: Argument = { name: 'task', summary: 'Its name, as `tasks` lists it', completion: taskNames };

/** Completed with ids of tasks that stand so, or of any where no status is named. */
export function idArgument(...statuses: readonly TaskRecord['status'][]): Argument {
  return { name: 'id', summary: 'Its id, as `do` and `query` show it', completion: idsOf(...statuses) };
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'layer-rolling-restart': ['window=', 'timeout=', 'max_failures=', 'instances=', 'plan=true'],
  'echo-steps': ['steps=', 'pause='],
};

/** Fields of a task that are not on the line yet, with the stacks and layers that there are. */
export async function fieldWords(api: Api, given: Given): Promise<readonly string[]> {
  const [task = '', ...pairs] = given.arguments;
  return [...(await placeWords(api, task, pairs)), ...(FIELDS[kindOf(task)] ?? [])].filter(isWanted(given));
}

const CONDITIONS: readonly string[] = [
  ...['PENDING', 'RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED'].map((status) => `status=${status}`),
  'sort[date_updated]=desc',
  'sort[date_created]=desc',
  'date_created[min]=',
  'date_created[max]=',
  'limit=',
  'page=',
];

/** What can be asked of a task. */
export async function conditionWords(api: Api, given: Given): Promise<readonly string[]> {
  const [task = '', ...pairs] = given.arguments;
  return [...(await placeWords(api, task, pairs)), ...CONDITIONS].filter(isWanted(given));
}

function kindOf(task: string): string {
  return task === 'layer-rolling-restarter' ? 'layer-rolling-restart' : task;
}

async function placeWords(api: Api, task: string, pairs: readonly string[]): Promise<readonly string[]> {
  if (kindOf(task) !== 'layer-rolling-restart') return [];
  const stack = pairs.map((pair) => /^stack(?:Name)?=(.+)$/s.exec(pair)?.[1]).find((name) => name !== undefined);
  if (stack === undefined) return (await stackNames(api)).map((name) => `stack=${name}`);
  const layers = await api.get<readonly { readonly Shortname: string }[]>(path`/stacks/${stack}/layers`);
  return layers.map(({ Shortname }) => `layer=${Shortname}`);
}

/** What is not on the line yet; once a key is typed, its values alone. */
function isWanted({ arguments: [, ...pairs], current = '' }: Given): (word: string) => boolean {
  const keyOf = (word: string): string => word.split('=', 1)[0] ?? '';
  if (current.includes('=')) return (word) => keyOf(word) === keyOf(current) && !word.endsWith('=');
  const given = new Set(pairs.map(keyOf));
  // Either status may be asked for; a stack is one.
  given.delete('status');
  return (word) => !given.has(keyOf(word)) && !pairs.includes(word);
}
