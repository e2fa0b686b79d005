import Joi from 'joi';
import type { LogPlace, Tasks } from '@quartermaster/stores';
import type { TaskRegistry } from '@quartermaster/tasks';
import { AppError } from '@quartermaster/foundation';
import type { ApiRequest, Route } from '../api.js';
import type { LogFollowers } from '../log-followers.js';
import { findTask, loadTask } from '../task-lookup.js';
import { validateQuery } from '../validate.js';

export interface TaskLogParts {
  readonly registry: TaskRegistry;
  readonly tasks: Tasks;
  readonly followers: LogFollowers;
}

const LINE_ID = /^\d{1,20}(-\d{1,20})?$/;

const logQuery = Joi.object<{ after?: string; limit: number; follow: boolean }>({
  after: Joi.string().pattern(LINE_ID, 'the id of a line').empty(''),
  limit: Joi.number().integer().min(1).max(1000).default(100),
  follow: Joi.boolean().default(false),
});

/** `GET /tasks/{task}/{id}/log`: lines from a place on, or, with `follow`, all that come as server-sent events. */
export function taskLogRoute({ registry, tasks, followers }: TaskLogParts): Route {
  return {
    method: 'get',
    path: '/tasks/:task/:id/log',
    access: 'token',
    doc: {
      summary: 'The log of a task, or its lines as they come',
      description: 'Lines come as server-sent events with `follow`, or where that is what is accepted (`Accept`).',
      query: [logQuery],
      answers: {
        200: { says: 'lines', types: ['application/json', 'text/event-stream'] },
        204: 'no line will come any more (to whoever follows, with `Last-Event-ID`)',
      },
    },
    handle: async (request) => {
      const task = findTask(registry, request.params['task']);
      const { after, limit, follow } = validateQuery(logQuery, request.query);
      const last = lastEventId(request);
      const { id } = await loadTask(tasks, task, request.params['id']);
      const logged = { task: task.name, task_id: id };
      if (!follow && !wantsEvents(request)) {
        return { status: 200, json: { log: await tasks.readLog(task.name, id, { after, limit }) }, logged };
      }
      // Whoever was told of the end comes again all the same, as an EventSource does; 204 is what ends it.
      if (last !== undefined && (await isAtEnd(tasks, { task: task.name, id, after: last })))
        return { status: 204, logged };
      const stream = followers.follow({ task: task.name, id, after: last ?? after ?? '0' }, request.caller.name);
      const headers = {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        // nginx would collect lines until it has a page full of them.
        'X-Accel-Buffering': 'no',
      };
      return { status: 200, headers, stream, logged };
    },
  };
}

async function isAtEnd(tasks: Tasks, place: LogPlace): Promise<boolean> {
  const [found] = await tasks.followLogs([place], 1);
  return found !== undefined && found.failure === undefined && found.settled && found.lines.length === 0;
}

function wantsEvents(request: ApiRequest): boolean {
  return /\btext\/event-stream\b/i.test(request.header('accept') ?? '');
}

/** What a client that was cut off knows already. */
function lastEventId(request: ApiRequest): string | undefined {
  const id = request.header('last-event-id');
  if (id === undefined || id === '' || LINE_ID.test(id)) return id === '' ? undefined : id;
  const problems = [{ header: 'Last-Event-ID', detail: 'Last-Event-ID must be the id of a line' }];
  throw new AppError('invalid', 'invalid-last-event-id', 'The Last-Event-ID is not valid.', { problems });
}
