import { path } from '../../api/api.js';
import { openEvents } from '../../api/event-stream.js';
import { defineCommand } from '../../command.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure, type ExitCode } from '../../failures.js';
import { isPassing, PATIENCE_MS } from '../../watch/follow.js';
import { wholeNumber } from '../../whole-number.js';
import { idArgument, TASK } from './task-completion.js';
import { logLine, type TaskLogLine, type TaskRecord } from './task-record.js';
import { advised, loadLog, loadTask, nameOf, type StoredLogLine, type TaskPlace } from './task-requests.js';

const MOST_LINES = 99_999;

interface LogOptions {
  readonly follow?: boolean;
  readonly lines?: number;
}

export const log = defineCommand<TaskPlace, LogOptions>({
  name: 'log',
  group: 'Stacks and tasks',
  summary: 'Show the log of a task, all of it or its last lines',
  description:
    'With --follow it goes on until the task is settled, and ends with 1 where that did not complete; a broken connection ' +
    'is taken up again where it broke. --follow --json prints a JSON object per line.',
  arguments: [TASK, idArgument()],
  options: [
    { flags: '-f, --follow', summary: 'Show lines as they come, until the task is settled' },
    {
      flags: '-n, --lines <count>',
      summary: 'The last so many lines, and what comes',
      parse: (text) => wholeNumber(text, MOST_LINES),
    },
  ],
  examples: [
    { line: 'log layer-rolling-restart 5b6cb5f4e161b303089da220', does: 'its log' },
    {
      line: 'log layer-rolling-restart 5b6cb5f4e161b303089da220 -n 20 --follow',
      does: 'the last 20 lines, and what comes',
    },
  ],
  run: async (context, place, { follow = false, lines: wanted }) => {
    const { api, print } = context;
    // What was before is read page by page, then followed from its end: each line comes once.
    const former = await loadLog(api, place);
    const shown = wanted === undefined ? former : former.slice(-wanted);
    if (follow) return followLog(context, place, shown, former.at(-1)?.id);
    print.result({ log: shown }, () => {
      for (const line of shown) print.line(logLine(line));
    });
    if (shown.length === 0 && !context.isJson) print.note('Its log is empty.');
    return EXIT.done;
  },
});

async function followLog(
  context: Context,
  place: TaskPlace,
  former: readonly StoredLogLine[],
  after: string | undefined,
): Promise<ExitCode> {
  const { print, isJson } = context;
  const show = (line: StoredLogLine): void => print.line(isJson ? JSON.stringify(line) : logLine(line));
  former.forEach(show);
  const status = await followToEnd(context, place, after, show);
  print.note(`${nameOf(place)} is ${status}.`);
  return status === 'COMPLETED' ? EXIT.done : EXIT.failed;
}

/** Comes again so soon (ms), as the server's `retry` says. */
const RETRY_MS = 1000;

/** Gives each line once, over as many connections as it takes, and then the status. */
async function followToEnd(
  context: Context,
  place: TaskPlace,
  after: string | undefined,
  show: (line: StoredLogLine) => void,
): Promise<string> {
  const next = `It goes on. Look at it again: \`${PROGRAM} log ${nameOf(place)} --follow\``;
  let last = after;
  let awaySince: number | undefined;
  const isBack = (): void => {
    if (awaySince !== undefined) context.print.note('The server is back.');
    awaySince = undefined;
  };
  try {
    for (;;) {
      try {
        const ended = await readOnce(context, place, last, {
          // A line may not come for long: the server is there as soon as it has answered.
          onOpen: isBack,
          onLine: (line) => {
            last = line.id;
            show(line);
          },
        });
        if (ended !== undefined) return ended;
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (awaySince === undefined) context.print.note(`${error.message} Trying again.`);
        awaySince ??= context.now();
        if (context.now() - awaySince > PATIENCE_MS) throw error.advising(next);
      }
      await context.sleep(RETRY_MS);
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new Failure(EXIT.interrupted, `No longer following ${nameOf(place)}.`, { next });
  }
}

interface Reader {
  readonly onOpen: () => void;
  readonly onLine: (line: StoredLogLine) => void;
}

/** Reads one connection to its end; the task's status, where that has come. */
async function readOnce(
  { api, settings, signal, version }: Context,
  place: TaskPlace,
  last: string | undefined,
  { onOpen, onLine }: Reader,
): Promise<string | undefined> {
  const { task, id } = place;
  const url = api.url + path`/tasks/${task}/${id}/log`;
  const events = await advised(
    openEvents(url, {
      signal,
      userAgent: `quartermaster-cli/${version}`,
      ...(settings.token && { token: settings.token.value }),
      ...(last === undefined ? {} : { lastEventId: last }),
    }),
    task,
    id,
  );
  onOpen();
  if (events === undefined) return (await loadTask(api, place)).status;
  for await (const event of events) {
    if (event.event === 'log') onLine({ id: event.id, ...(JSON.parse(event.data) as TaskLogLine) });
    if (event.event === 'end') return (JSON.parse(event.data) as Pick<TaskRecord, 'status'>).status;
  }
  return undefined;
}
