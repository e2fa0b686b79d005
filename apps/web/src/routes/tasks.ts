import { AppError } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import type { TaskRecord, Tasks } from '@quartermaster/stores';
import { parseTaskQuery, type AnyTask, type TaskRegistry } from '@quartermaster/tasks';
import Joi from 'joi';
import type { ApiRequest, Reply, Route } from '../api.js';
import { waitFor } from '../prefer.js';
import { LISTED_LINES, showTask, SHOWN_LINES } from '../show-task.js';
import { findTask, isTaskId, loadTask, unknownTaskId } from '../task-lookup.js';
import { validateQuery } from '../validate.js';

export interface TasksParts {
  readonly registry: TaskRegistry;
  readonly tasks: Tasks;
  readonly producer: Producer;
}

const listQuery = Joi.object<{ detail: boolean }>({ detail: Joi.boolean().default(false) });

/** `GET /tasks`, `GET /tasks/{task}`, `GET` and `DELETE /tasks/{task}/{id}`. */
export function tasksRoutes(parts: TasksParts): Route[] {
  const { registry, tasks } = parts;
  return [
    {
      method: 'get',
      path: '/tasks',
      access: 'token',
      doc: {
        summary: 'The tasks that there are',
        query: [listQuery],
        answers: { 200: 'names, or more with `detail`' },
      },
      handle: ({ query }) =>
        Promise.resolve({ status: 200, json: listTasks(registry, validateQuery(listQuery, query)) }),
    },
    {
      method: 'get',
      path: '/tasks/:task',
      access: 'token',
      doc: {
        summary: 'Ask for records of a task',
        description:
          'Also `<field>=v` (repeated: any of them), `<field>[min]=`, `<field>[max]=` and `sort[<field>]=asc` or `desc`.',
        otherQuery: { limit: 'records of a page, 1 to 50', page: 'from 1' },
        answers: { 200: '`num_found`, and a page of them as `data`' },
      },
      handle: async ({ params, search }) => {
        const task = findTask(registry, params['task']);
        const { num_found, records } = await tasks.query(task.name, parseTaskQuery(search, task), Date.now());
        return {
          status: 200,
          json: {
            num_found,
            data: await Promise.all(records.map((record) => show(tasks, task, record, LISTED_LINES))),
          },
        };
      },
    },
    {
      method: 'get',
      path: '/tasks/:task/:id',
      access: 'token',
      doc: { summary: 'The record of a task', answers: { 200: 'the record' } },
      handle: async ({ params }) => {
        const task = findTask(registry, params['task']);
        return { status: 200, json: await show(tasks, task, await loadTask(tasks, task, params['id'])) };
      },
    },
    {
      method: 'delete',
      path: '/tasks/:task/:id',
      access: 'token',
      changes: true,
      doc: {
        summary: 'Cancel a task',
        answers: { 200: 'the record, `settled` once everything is back in place' },
        waits: true,
      },
      handle: (request) => cancel(parts, request),
    },
  ];
}

function listTasks(registry: TaskRegistry, { detail }: { detail: boolean }): unknown {
  const names = registry.names();
  if (!detail) return names;
  return [...names.map((name) => ({ name })), ...registry.broken().map(({ name, error }) => ({ name, error }))];
}

async function show(tasks: Tasks, task: AnyTask, record: TaskRecord, lines = SHOWN_LINES): Promise<object> {
  return showTask(task, record, await tasks.lastLog(task.name, record.id, lines));
}

async function cancel({ registry, tasks, producer }: TasksParts, request: ApiRequest): Promise<Reply> {
  const task = findTask(registry, request.params['task']);
  const id = request.params['id'] ?? '';
  const { outcome, record } = isTaskId(id)
    ? await tasks.cancel(task.name, id, Date.now())
    : ({ outcome: 'unknown' } as const);
  if (record === undefined) throw unknownTaskId(task, id);
  if (outcome === 'ended') {
    throw new AppError('conflict', 'task-ended', `${task.name} ${id} has ended already: it is ${record.status}.`);
  }
  // A worker sees the cancel by itself; a job that waits for its time is told. Should this fail, the mini-worker does it.
  await producer.wake('run-task', { task: task.name, task_id: id }).catch(() => false);
  const seen = await waitFor(
    () => loadTask(tasks, task, id),
    ({ settled }) => settled,
    request.waitMs ?? 0,
  );
  return { status: 200, json: await show(tasks, task, seen), logged: { task: task.name, task_id: id, outcome } };
}
