import { ApiFailure } from '../../api/api-failure.js';
import { path, type Api, type ApiAnswer, type ApiRequest } from '../../api/api.js';
import { PROGRAM, type Context } from '../../context.js';
import { noteWarning } from '../../api/server-warning.js';
import { lookAfterLoss } from '../../api/lost-answer.js';
import { shellWord } from '../../output/shell-words.js';
import type { TaskLogLine, TaskRecord } from './task-record.js';

export interface StoredLogLine extends TaskLogLine {
  readonly id: string;
}

export interface TaskPlace {
  readonly task: string;
  readonly id: string;
}

/** For messages, and as it is typed. */
export function nameOf({ task, id }: TaskPlace): string {
  return `${shellWord(task)} ${shellWord(id)}`;
}

/** Lines of one answer, the most that there may be. */
const PAGE = 1000;

export function loadTask(api: Api, { task, id }: TaskPlace): Promise<TaskRecord> {
  return advised(api.get<TaskRecord>(path`/tasks/${task}/${id}`), task, id);
}

/** All lines behind one, however many. */
export async function loadLog(api: Api, { task, id }: TaskPlace, after?: string): Promise<readonly StoredLogLine[]> {
  const lines: StoredLogLine[] = [];
  for (;;) {
    const last = lines.at(-1)?.id ?? after;
    const query = { limit: PAGE, ...(last === undefined ? {} : { after: last }) };
    const address = path`/tasks/${task}/${id}/log`;
    const { log } = await advised(api.get<{ log: readonly StoredLogLine[] }>(address, query), task, id);
    lines.push(...log);
    if (log.length < PAGE) return lines;
  }
}

/** Sends a change of a task, says so where nobody is there to do it, and gives the record. */
export function changeTask(context: Context, request: ApiRequest, task: string, id?: string): Promise<TaskRecord> {
  return recordOf(context, context.api.request<TaskRecord>(request), task, id);
}

async function recordOf(
  context: Context,
  change: Promise<Pick<ApiAnswer<TaskRecord>, 'body' | 'headers'>>,
  task: string,
  id?: string,
): Promise<TaskRecord> {
  const look = id === undefined ? `query ${shellWord(task)} limit=3` : `check ${nameOf({ task, id })}`;
  const { body, headers } = await advised(lookAfterLoss(change, look, context.signal), task, id);
  noteWarning(context, headers);
  return body;
}

/**
 * Cancels it, and gives the record. What was cut off may have cancelled it, so that it has ended when it is sent again: that is
 * what was asked for.
 */
export function cancelTask(context: Context, place: TaskPlace): Promise<TaskRecord> {
  const { api } = context;
  const { task, id } = place;
  const request = api.request<TaskRecord>({ method: 'DELETE', path: path`/tasks/${task}/${id}` });
  const change = request.catch(async (error: unknown) => {
    if (!(error instanceof ApiFailure) || error.code !== 'task-ended' || !error.isRepeat) throw error;
    const record = await loadTask(api, place);
    if (record.status !== 'CANCELLED') throw error;
    return { body: record, headers: new Headers() };
  });
  return recordOf(context, change, task, id);
}

/** The same answer; a failure says which command of ours helps. */
export async function advised<Answer>(answer: Promise<Answer>, task: string, id?: string): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    const next = error instanceof ApiFailure ? adviceFor(error.code, task, id) : undefined;
    if (next === undefined || !(error instanceof ApiFailure)) throw error;
    throw error.advising(next);
  }
}

function adviceFor(code: string, task: string, id: string | undefined): string | undefined {
  if (code === 'unknown-task') return `See the tasks that there are: \`${PROGRAM} tasks\``;
  if (code === 'task-broken') return `See why: \`${PROGRAM} tasks --detail\``;
  if (code === 'unknown-task-id') return `See those that there are: \`${PROGRAM} query ${shellWord(task)}\``;
  if (code === 'task-not-settled' && id !== undefined) {
    return `Wait for it: \`${PROGRAM} check ${nameOf({ task, id })} --watch\``;
  }
  if ((code === 'task-ended' || code === 'task-resumed') && id !== undefined) {
    return `See how it ended: \`${PROGRAM} check ${nameOf({ task, id })}\``;
  }
  return undefined;
}
