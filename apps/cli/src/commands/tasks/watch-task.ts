import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure, type ExitCode } from '../../failures.js';
import { follow, type WatchOptions } from '../../watch/follow.js';
import { endOf, exceptionLine, isDelayed, logLine, statusOf, type TaskRecord } from './task-record.js';
import { isRestart, progressOf } from './restart-progress.js';
import { loadLog, loadTask, nameOf, type StoredLogLine, type TaskPlace } from './task-requests.js';

interface WatchedTask {
  readonly record: TaskRecord;
  /** Since the last look. */
  readonly lines: readonly StoredLogLine[];
}

export interface TaskWatchOptions extends WatchOptions {
  /** Lines of the log that are shown of what was before; all unless told otherwise. */
  readonly formerLines?: number;
  /** The end that was asked for; COMPLETED unless told otherwise. */
  readonly wanted?: TaskRecord['status'];
}

/**
 * Follows a task until it is settled, with its log above the bar; gives its record.
 * @throws Failure where it has ended otherwise than wanted; with `--json` the record was printed then.
 */
export async function watchTask(context: Context, place: TaskPlace, options: TaskWatchOptions): Promise<TaskRecord> {
  const { formerLines = Infinity, wanted = 'COMPLETED' } = options;
  let after: string | undefined;
  const { state } = await follow<WatchedTask>(
    context,
    {
      what: nameOf(place),
      again: `check ${nameOf(place)} --watch`,
      load: async () => {
        // First the record: what is settled has no further line.
        const record = await loadTask(context.api, place);
        const found = await loadLog(context.api, place, after);
        const lines = after === undefined ? found.slice(-formerLines) : found;
        after = found.at(-1)?.id ?? after;
        return { record, lines };
      },
      linesOf: ({ lines }) => lines.map((line) => context.print.colors.dim(logLine(line))),
      progressOf: ({ record }) => progressOf(record, context.now()),
      endOf: ({ record }) => endOf(record),
    },
    options,
  );
  const { record } = state;
  if (record.status === wanted) return record;
  if (context.isJson) context.print.json(record);
  throw failureOf(place, record);
}

const SHOWN_EXCEPTIONS = 10;

/** A task that has ended otherwise than was asked for: why, and what can be done. */
export function failureOf(place: TaskPlace, record: TaskRecord): Failure {
  const last = record.exceptions.at(-1);
  const others = record.exceptions.slice(0, -1).slice(-SHOWN_EXCEPTIONS);
  const why = last === undefined ? '.' : `: ${exceptionLine(last)}`;
  const next = adviceForLeft(place, record) ?? `See what it did: \`${PROGRAM} log ${nameOf(place)}\``;
  return new Failure(EXIT.failed, `${nameOf(place)} is ${statusOf(record)}${why}`, {
    lines: others.map(exceptionLine),
    next,
  });
}

/** How a restart that has left instances can go on, or has gone on. */
export function adviceForLeft(place: TaskPlace, record: TaskRecord): string | undefined {
  const left = isRestart(record) ? (record.instancesLeft?.length ?? 0) : 0;
  if (left === 0 || !record.settled) return undefined;
  if (record.resumed_by !== undefined)
    return `Went on as: \`${PROGRAM} check ${nameOf({ task: place.task, id: record.resumed_by })}\``;
  const instances = left === 1 ? '1 instance is' : `${left} instances are`;
  return `${instances} left. Go on: \`${PROGRAM} resume ${nameOf(place)} --wait\``;
}

/** Prints where a task stands that nobody waits for. @throws Failure where it has failed. */
export function reportTask(context: Context, place: TaskPlace, record: TaskRecord): ExitCode {
  const { print, isJson } = context;
  print.result(record, () => {
    const due = isDelayed(record, context.now()) ? `, due ${dueOf(record)}` : '';
    print.line(`${nameOf(place)} is ${statusOf(record)}${due}.`);
  });
  if (record.status === 'FAILED') throw failureOf(place, record);
  if (!record.settled && !isJson) print.note(`  Watch it: \`${PROGRAM} check ${nameOf(place)} --watch\``);
  return EXIT.done;
}

function dueOf({ due_at: dueAt = '' }: TaskRecord): string {
  return `${dueAt.slice(0, 16).replace('T', ' ')} UTC`;
}
