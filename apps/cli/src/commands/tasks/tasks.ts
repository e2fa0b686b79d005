import { path, type Api } from '../../api/api.js';
import type { Overview } from '../../api/overview.js';
import { defineCommand, type Command } from '../../command.js';
import { PROGRAM, type Context } from '../../context.js';
import { Failure } from '../../failures.js';
import { isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { conditionWords, idArgument, TASK } from './task-completion.js';
import { doTask, reportOrWatch, resume, type TaskWords } from './do.js';
import { log } from './log.js';
import { parseConditions } from './pairs.js';
import { isDelayed, type TaskRecord } from './task-record.js';
import { advised, cancelTask, loadTask, type TaskPlace } from './task-requests.js';
import { showTask, showTasks } from './show-task.js';

interface NamedTask {
  readonly name: string;
  /** Why it can not be loaded. */
  readonly error?: string;
}

const tasks = defineCommand<object, { detail?: boolean }>({
  name: 'tasks',
  group: 'Stacks and tasks',
  summary: 'List the tasks that can be done',
  options: [{ flags: '--detail', summary: 'Also those that can not be loaded, and why' }],
  examples: [
    { line: 'tasks', does: 'their names' },
    { line: 'tasks --detail', does: 'and what is broken' },
  ],
  run: async ({ api, print }, _given, { detail = false }) => {
    if (!detail) {
      const names = await api.get<readonly string[]>('/tasks');
      print.result(names, () => names.forEach((name) => print.line(name)));
      return;
    }
    const found = await api.get<readonly NamedTask[]>('/tasks', { detail: true });
    print.result(found, () =>
      print.table(
        found,
        [
          { title: 'NAME', of: ({ name }) => name },
          { title: 'STATE', of: ({ error }) => (error === undefined ? 'ok' : `broken: ${error}`) },
        ],
        'There are no tasks.',
      ),
    );
  },
});

const WATCHED_LINES = 10;

const check = defineCommand<TaskPlace, WatchOptions>({
  name: 'check',
  group: 'Stacks and tasks',
  summary: 'Show how a task stands, or watch it to its end',
  arguments: [TASK, idArgument()],
  options: WATCH_OPTIONS,
  examples: [
    { line: 'check layer-rolling-restart 5b6cb5f4e161b303089da220', does: 'its fields, instances and last log lines' },
    { line: 'check layer-rolling-restart 5b6cb5f4e161b303089da220 --watch', does: 'watch it until it is settled' },
  ],
  run: async (context, place, options) => {
    const { api, print } = context;
    const record = await loadTask(api, place);
    if (!context.isJson && (await isUnserved(api, record, context.now()))) {
      print.note(
        print.colors.yellow(`No worker serves the queue of tasks, so it waits: see \`${PROGRAM} processes\`.`),
      );
    }
    if (isWatched(options)) return reportOrWatch(context, place, record, { ...options, formerLines: WATCHED_LINES });
    print.result(record, () => showTask(context, place.task, record));
  },
});

/** It waits although it is due, and no process takes tasks. */
async function isUnserved(api: Api, record: TaskRecord, now: number): Promise<boolean> {
  if (record.status !== 'PENDING' || isDelayed(record, now)) return false;
  try {
    const { queues } = await api.get<Pick<Overview, 'queues'>>('/processes');
    return queues.some(({ name, workers }) => name === 'tasks' && workers === 0);
  } catch (error) {
    // The task is what was asked for.
    if (error instanceof Failure) return false;
    throw error;
  }
}

interface Found {
  readonly num_found: number;
  readonly data: readonly TaskRecord[];
}
type Conditions = ReturnType<typeof parseConditions>;

const query = defineCommand<TaskWords>({
  name: 'query',
  group: 'Stacks and tasks',
  summary: 'Find tasks by their fields',
  description:
    'Each word is key=value. All conditions must hold; a key given twice takes either value. Also key[min]=, key[max]=, ' +
    'sort[key]=asc or desc, limit= (10, 50 at most) and page= (from 1). A date means all of what it names: 2026-11 the month. ' +
    'Newest first unless sorted.',
  arguments: [
    TASK,
    {
      name: 'key=value',
      summary: 'Conditions',
      isOptional: true,
      isVariadic: true,
      completion: conditionWords,
    },
  ],
  examples: [
    {
      line: 'query layer-rolling-restart stack=mobile-app layer=api sort[date_updated]=desc limit=1',
      does: 'the restart of this layer that was updated last',
    },
    { line: 'query layer-rolling-restart status=RUNNING status=PENDING', does: 'what is on its way' },
    { line: 'query layer-rolling-restart status=FAILED date_created[min]=2026-11-01', does: 'what failed since then' },
  ],
  run: async (context, { task, 'key=value': pairs }) => {
    const { api, print } = context;
    const conditions = parseConditions(pairs);
    const found = await advised(api.get<Found>(path`/tasks/${task}`, conditions), task);
    print.result(found, () => showFound(context, found, conditions));
  },
});

/** The API's own, unless told otherwise. */
const PAGE_LIMIT = 10;

function showFound(context: Context, { num_found: total, data }: Found, conditions: Conditions): void {
  const { print } = context;
  const given = conditions['limit']?.[0];
  const limit = Number(given ?? PAGE_LIMIT);
  const page = Number(conditions['page']?.[0] ?? 1);
  const pages = Math.ceil(total / limit);
  if (data.length === 0 && total > 0)
    return print.line(`None is on page ${page}: there are ${total}, on ${pages} pages.`);
  showTasks(context, data);
  if (page >= pages) return;
  const all = given === undefined ? ' or limit=50' : '';
  print.note(`${data.length} of ${total}, page ${page} of ${pages}: page=${page + 1}${all} shows more.`);
}

const cancel = defineCommand<TaskPlace, WatchOptions>({
  name: 'cancel',
  group: 'Stacks and tasks',
  summary: 'Cancel a task that is pending or running',
  description: 'Nothing more is begun; what is in the middle is brought back. --wait waits for that.',
  arguments: [TASK, idArgument('PENDING', 'RUNNING')],
  options: WATCH_OPTIONS,
  examples: [
    { line: 'cancel layer-rolling-restart 5b6cb5f4e161b303089da220', does: 'cancel it' },
    {
      line: 'cancel layer-rolling-restart 5b6cb5f4e161b303089da220 --wait',
      does: 'and wait until everything is back in place',
    },
  ],
  run: async (context, place, options) => {
    const record = await cancelTask(context, place);
    return reportOrWatch(context, place, record, { ...options, formerLines: WATCHED_LINES, wanted: 'CANCELLED' });
  },
});

export const taskCommands: readonly Command[] = [tasks, doTask, check, query, log, cancel, resume];
