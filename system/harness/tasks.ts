import { eventually } from '@quartermaster/testing';
import type { Api } from './api';

/** A task as the API answers it, as far as the tests look. */
export interface ShownTask {
  readonly _id: string;
  readonly status: string;
  readonly settled: boolean;
  readonly exceptions: { message: string; code?: string }[];
  readonly log: { timestamp: string; level: string; message: string }[];
  readonly date_created: string;
  readonly date_updated: string;
  readonly [field: string]: unknown;
}

/** Posts a task; `query` begins with its question mark. Throws where it was not accepted. */
export async function postTask(
  api: Api,
  task: string,
  fields: object = {},
  query = '',
  headers: Record<string, string> = {},
): Promise<ShownTask> {
  const answer = await api<ShownTask>(`/tasks/${task}${query}`, { body: fields, headers });
  if (answer.status !== 202 && answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json();
}

export async function getTask(api: Api, task: string, id: string): Promise<ShownTask> {
  return (await api<ShownTask>(`/tasks/${task}/${id}`)).json();
}

/** Waits until a task has ended as it should and is settled, `limitMs` at most. */
export function taskEnds(api: Api, task: string, id: string, status: string, limitMs = 60_000): Promise<ShownTask> {
  return eventually(async () => {
    const shown = await getTask(api, task, id);
    if (shown.status !== status || !shown.settled) {
      const stands = `${shown.status}${shown.settled ? '' : ', not settled'}`;
      throw new Error(`${task} ${id} is ${stands}, not ${status}: ${JSON.stringify(shown.exceptions)}`);
    }
    return shown;
  }, limitMs);
}
