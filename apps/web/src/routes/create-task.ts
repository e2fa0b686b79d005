import { parseSchedule, type AnyTask, type TaskRegistry } from '@quartermaster/tasks';
import type { Producer } from '@quartermaster/jobs';
import type { NewTask, TaskRecord, Tasks } from '@quartermaster/stores';
import type { ApiRequest, Reply, Route, RouteDoc } from '../api.js';
import { parseJson } from '../body.js';
import { taskBodySchemas, taskIdOf, validateTask, type SentTask } from '../new-task.js';
import { LONGEST_WAIT_MS, waitFor } from '../prefer.js';
import type { QueueWatch } from '../queue-watch.js';
import { showTask, SHOWN_LINES, taskHref } from '../show-task.js';
import { channelQuery, channelQuerySchema } from '../slack-channel.js';
import { findTask, loadTask } from '../task-lookup.js';

export interface CreateTaskParts {
  readonly registry: TaskRegistry;
  readonly tasks: Tasks;
  readonly producer: Producer;
  readonly queueWatch: QueueWatch;
  /** Where messages go unless a request says otherwise. */
  readonly slackChannel: string | undefined;
}

/** `POST /tasks/{task}`: keeps the task with its job, answers 202, or waits until it has ended. */
export function createTaskRoute(parts: CreateTaskParts): Route {
  const handle = async (request: ApiRequest): Promise<Reply> => {
    const task = findTask(parts.registry, request.params['task']);
    const now = Date.now();
    const sent = validateTask(task, request.body.length === 0 ? {} : parseJson(request.body));
    const dueAt = parseSchedule(request.query, now);
    const channel = sent.slack_channel ?? channelQuery(request) ?? parts.slackChannel;
    const wanted = describeTask(parts.producer, task, request, { ...sent, slack_channel: channel }, dueAt);
    const outcome = await parts.tasks.accept(wanted, now);
    // The job is open already; should this fail, a repetition or the mini-worker puts it into its queue.
    await (outcome === 'accepted' ? parts.producer.dispatch(wanted.job) : parts.producer.dispatchOpened(wanted.job.id));
    const waits = dueAt === undefined && !request.respondAsync && task.waits?.(wanted.fields) === true;
    return replyWithTask(parts, task, wanted.id, request.waitMs ?? (waits ? LONGEST_WAIT_MS : undefined));
  };
  const doc: RouteDoc = {
    summary: 'Start a task, or have it start later',
    query: [channelQuerySchema],
    otherQuery: {
      delay: 'how much later: `2w`, `90s`, or milliseconds',
      when: 'the time: `2026-12-01 10:35`, or ISO 8601; UTC where nothing else is said',
    },
    body: { json: taskBodySchemas(parts.registry), optional: true },
    answers: { 200: 'the record, where its end was waited for', 202: 'the record' },
    waits: true,
  };
  return { method: 'post', path: '/tasks/:task', access: 'token', changes: true, repeatable: true, doc, handle };
}

/** A new task with its job, named by the request: a repetition makes the same one. */
export function describeTask(
  producer: Producer,
  task: AnyTask,
  request: ApiRequest,
  { fields, slack_channel }: SentTask,
  dueAt?: number,
): NewTask {
  const id = taskIdOf(request.operationId);
  const payload = { task: task.name, task_id: id };
  const job = producer.describe('run-task', payload, { request_id: request.id, due_at: dueAt });
  return { id, task: task.name, fields, request_id: request.id, slack_channel, due_at: dueAt, job };
}

/** 202 with the record as it stands, or 200 once it is settled, `waitMs` at most. */
export async function replyWithTask(
  { tasks, queueWatch }: Pick<CreateTaskParts, 'tasks' | 'queueWatch'>,
  task: AnyTask,
  id: string,
  waitMs: number | undefined,
): Promise<Reply> {
  const isOver = ({ settled }: TaskRecord): boolean => settled;
  const record = await waitFor(() => loadTask(tasks, task, id), isOver, waitMs ?? 0);
  const log = await tasks.lastLog(task.name, id, SHOWN_LINES);
  return {
    status: waitMs !== undefined && isOver(record) ? 200 : 202,
    headers: { Location: taskHref(record), ...(await queueWatch.warning('tasks')) },
    json: showTask(task, record, log),
    logged: { task: task.name, task_id: id },
  };
}
