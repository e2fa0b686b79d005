import { path } from '../../api/api.js';
import { defineCommand } from '../../command.js';
import type { Context } from '../../context.js';
import { usageFailure } from '../../failures.js';
import { isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { fieldWords, idArgument, TASK } from './task-completion.js';
import { PAIRS_HELP, parseFields } from './pairs.js';
import { isRestart, type RestartRecord } from './restart-progress.js';
import { changeTask, type TaskPlace } from './task-requests.js';
import type { TaskRecord } from './task-record.js';
import { showPlan } from './show-task.js';
import { adviceForLeft, failureOf, reportTask, watchTask, type TaskWatchOptions } from './watch-task.js';

/** A task and what is said of it. */
export interface TaskWords {
  readonly task: string;
  readonly 'key=value': readonly string[];
}

interface DoOptions extends WatchOptions {
  readonly delay?: string;
  readonly when?: string;
}

export const doTask = defineCommand<TaskWords, DoOptions>({
  name: 'do',
  group: 'Stacks and tasks',
  summary: 'Start a task, at once or later',
  description:
    `${PAIRS_HELP}\n\n` +
    'layer-rolling-restart takes stack, layer, window (2, or 25%), timeout, max_failures, instances and plan; plan=true says ' +
    'what would be done and does nothing. Ctrl-C ends --wait, not the task: `cancel` does.',
  arguments: [
    TASK,
    { name: 'key=value', summary: 'Its fields', isOptional: true, isVariadic: true, completion: fieldWords },
  ],
  options: [
    {
      flags: '-d, --delay <time>',
      summary: 'Start it so much later: 90s, 10m, 1.5h, 3d, 2w; milliseconds without a unit',
    },
    {
      flags: '-w, --when <time>',
      summary: 'Start it then: "2027-01-31 10:35", or ISO 8601 with an offset; UTC where there is none',
    },
    ...WATCH_OPTIONS,
  ],
  examples: [
    {
      line: 'do layer-rolling-restart stackName="my stack" layerName="my layer" window=2 --wait',
      does: 'restart a layer, 2 machines at a time, and watch it',
    },
    { line: 'do layer-rolling-restart stack=mobile-app layer=api plan=true', does: 'see what that would do' },
    {
      line: `do layer-rolling-restart stack=mobile-app layer=api instances='["api1","api3"]'`,
      does: 'restart these only',
    },
    { line: 'do --delay 2w layer-rolling-restart stackName="my stack" layerName=superduper', does: 'in 2 weeks' },
    {
      line: 'do --when "2027-01-31 10:35" layer-rolling-restart stackName="my stack" layerName=superduper',
      does: 'on the last of January 2027, at 10:35 UTC',
    },
  ],
  run: async (context, { task, 'key=value': pairs }, options) => {
    const { delay, when } = options;
    if (delay !== undefined && when !== undefined) throw usageFailure('Give --delay or --when, not both.');
    const body = parseFields(pairs);
    const query = { delay, when };
    const request = { method: 'POST', path: path`/tasks/${task}`, query, body, isRepeatable: true } as const;
    const record = await changeTask(context, request, task);
    const place = { task, id: record._id };
    // A plan is there in a moment, and is what was asked for.
    if (isPlan(record) && delay === undefined && when === undefined)
      return showPlanned(context, place, record, options);
    return reportOrWatch(context, place, record, options);
  },
});

export const resume = defineCommand<TaskPlace, WatchOptions>({
  name: 'resume',
  group: 'Stacks and tasks',
  summary: 'Go on where an ended task stopped, as a new task',
  description:
    'A rolling restart that failed or was cancelled goes on with the instances that are left. Once per task.',
  arguments: [TASK, idArgument('FAILED', 'CANCELLED')],
  options: WATCH_OPTIONS,
  examples: [
    {
      line: 'resume layer-rolling-restart 5b6cb5f4e161b303089da220 --wait',
      does: 'restart what is left, and watch it',
    },
  ],
  run: async (context, { task, id }, options) => {
    const request = { method: 'POST', path: path`/tasks/${task}/${id}/resume`, isRepeatable: true } as const;
    const record = await changeTask(context, request, task, id);
    return reportOrWatch(context, { task, id: record._id }, record, options);
  },
});

/** How a change of a task ends: with where it stands, or, with `--wait`, when it is settled. */
export async function reportOrWatch(
  context: Context,
  place: TaskPlace,
  record: TaskRecord,
  options: TaskWatchOptions,
): Promise<ReturnType<typeof reportTask> | void> {
  const { print, isJson } = context;
  if (!isWatched(options)) return reportTask(context, place, record);
  if (!isJson) print.line(print.colors.bold(`${place.task} ${place.id}`));
  const ended = await watchTask(context, place, options);
  if (isJson) return print.json(ended);
  const left = adviceForLeft(place, ended);
  if (left !== undefined) print.note(left);
}

function isPlan(record: TaskRecord): record is RestartRecord {
  return isRestart(record) && Boolean(record.plan);
}

async function showPlanned(
  context: Context,
  place: TaskPlace,
  answered: TaskRecord,
  options: WatchOptions,
): Promise<void> {
  const { print, isJson } = context;
  const record = answered.settled ? answered : await watchTask(context, place, options);
  if (record.status !== 'COMPLETED') {
    if (isJson) print.json(record);
    throw failureOf(place, record);
  }
  print.result(record, () => showPlan(print, record as RestartRecord));
}
