import { AppError } from '@quartermaster/foundation';
import type { ResumedTask, TaskRecord } from '@quartermaster/stores';
import type { AnyTask } from '@quartermaster/tasks';
import type { ApiRequest, Reply, Route, RouteDoc } from '../api.js';
import { taskIdOf, validateTask } from '../new-task.js';
import { channelQuery, channelQuerySchema } from '../slack-channel.js';
import { findTask, loadTask, unknownTaskId } from '../task-lookup.js';
import { describeTask, replyWithTask, type CreateTaskParts } from './create-task.js';

/**
 * `POST /tasks/{task}/{id}/resume`: a new task that goes on where this ended one stopped. Whether anything is left, also of
 * a completed one, its own `resume` says.
 */
export function resumeTaskRoute(parts: CreateTaskParts): Route {
  const handle = async (request: ApiRequest): Promise<Reply> => {
    const { registry, tasks, producer } = parts;
    const task = findTask(registry, request.params['task']);
    const former = await loadTask(tasks, task, request.params['id']);
    if (task.resume === undefined) {
      throw new AppError('not-found', 'task-not-resumable', `A ${task.name} can not be resumed; post a new one.`);
    }
    const id = taskIdOf(request.operationId);
    refuse(task, former.id, stateOf(former, id));
    const sent = validateTask(task, task.resume(former));
    const channel = channelQuery(request) ?? former.slack_channel ?? parts.slackChannel;
    const wanted = describeTask(producer, task, request, { ...sent, slack_channel: channel });
    const resumed = await tasks.resume(wanted, former.id, Date.now());
    refuse(task, former.id, resumed);
    await (resumed.outcome === 'accepted' ? producer.dispatch(wanted.job) : producer.dispatchOpened(wanted.job.id));
    return replyWithTask(parts, task, id, request.waitMs);
  };
  const doc: RouteDoc = {
    summary: 'Go on where an ended task stopped',
    query: [channelQuerySchema],
    answers: { 200: 'the new record, where its end was waited for', 202: 'the new record' },
    waits: true,
  };
  const path = '/tasks/:task/:id/resume';
  return { method: 'post', path, access: 'token', changes: true, repeatable: true, doc, handle };
}

/** What the store will say, told before the task is asked what is left of it. */
function stateOf({ settled, resumed_by }: TaskRecord, newId: string): ResumedTask {
  if (resumed_by !== undefined && resumed_by !== newId) return { outcome: 'resumed', by: resumed_by };
  return { outcome: settled ? 'same' : 'unsettled' };
}

function refuse(task: AnyTask, id: string, resumed: ResumedTask): void {
  const named = `${task.name} ${id}`;
  switch (resumed.outcome) {
    case 'accepted':
    case 'same':
      return;
    case 'unknown':
      throw unknownTaskId(task, id);
    case 'unsettled':
      throw new AppError('conflict', 'task-not-settled', `${named} has not ended, or is not settled yet.`);
    case 'resumed':
      throw new AppError('conflict', 'task-resumed', `${named} was resumed already, by ${resumed.by}.`);
  }
}
