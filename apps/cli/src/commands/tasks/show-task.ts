import type { Context } from '../../context.js';
import { counted } from '../../output/counted.js';
import type { Column, Printer } from '../../output/printer.js';
import { ago } from '../../output/time.js';
import {
  exceptionLine,
  isDelayed,
  logLine,
  oneLine,
  ownFields,
  statusOf,
  utcAndSpan,
  type TaskRecord,
} from './task-record.js';
import {
  instancesOf,
  isRestart,
  RESTART_DETAILS,
  type InstanceProgress,
  type PlannedInstance,
  type RestartRecord,
} from './restart-progress.js';

const LOG_LINES = 10;

const INSTANCE_COLUMNS: readonly Column<InstanceProgress>[] = [
  { title: 'HOST NAME', of: ({ hostname }) => hostname },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'SINCE', of: ({ since }) => since?.slice(11, 19) },
  { title: 'ID', of: ({ id }) => id },
  { title: 'REASON', of: ({ reason }) => reason },
];

/** A record for a person to read: fields, instances of a restart, why it failed, the end of its log. */
export function showTask(context: Context, task: string, record: TaskRecord): void {
  const { print } = context;
  const at = context.now();
  const isDue = isDelayed(record, at);
  print.fields([
    ['Task', task],
    ['ID', record._id],
    ['Status', colored(print, record)],
    [isDue ? 'Due' : 'Was due', record.due_at && utcAndSpan(record.due_at, at)],
    ...ownFields(record, isRestart(record) ? RESTART_DETAILS : undefined),
    ['Restarted', isRestart(record) ? restartedOf(record) : undefined],
    ['Slack channel', record.slack_channel],
    ['Resumed from', record.resumed_from],
    ['Resumed by', record.resumed_by],
    ['Created', utcAndSpan(record.date_created, at)],
    ['Updated', utcAndSpan(record.date_updated, at)],
  ]);
  if (isRestart(record)) showInstances(print, record);
  const { exceptions, log } = record;
  section(print, 'Exceptions', exceptions.map(exceptionLine));
  const hidden = log.length - LOG_LINES;
  section(print, hidden > 0 ? `Log, the last ${LOG_LINES} lines` : 'Log', log.slice(-LOG_LINES).map(logLine));
}

function restartedOf({ totalInstances, windowSize, instancesOnline, plan }: RestartRecord): string | undefined {
  if (totalInstances === undefined || Array.isArray(plan)) return undefined;
  const window = windowSize === undefined ? '' : `, at most ${windowSize} at a time`;
  return `${instancesOnline.length} of ${totalInstances}${window}`;
}

function showInstances(print: Printer, record: RestartRecord): void {
  const { plan } = record;
  if (Array.isArray(plan)) {
    print.line();
    showPlan(print, record);
    return;
  }
  const instances = instancesOf(record);
  if (instances.length === 0) return;
  print.line();
  // A column that nothing has is left out.
  print.table(
    instances,
    INSTANCE_COLUMNS.filter(({ of }) => instances.some((one) => of(one) !== undefined)),
    '',
  );
}

const PLAN_COLUMNS: readonly Column<PlannedInstance>[] = [
  { title: '#', of: ({ position }) => position, align: 'right' },
  { title: 'HOST NAME', of: ({ Hostname }) => Hostname },
  { title: 'STATUS', of: ({ Status }) => Status },
  { title: 'ID', of: ({ InstanceId }) => InstanceId },
];

/** What a restart would do. */
export function showPlan(print: Printer, { plan, stack, layer, windowSize }: RestartRecord): void {
  const planned = Array.isArray(plan) ? (plan as readonly PlannedInstance[]) : [];
  const place = oneLine(`${layer} of ${stack}`);
  if (planned.length > 0) {
    const instances = counted(planned.length, 'instance');
    print.line(`Would restart ${instances} of ${place}, at most ${windowSize} at a time, in this order:`);
  }
  print.table(planned, PLAN_COLUMNS, `Nothing to restart: no instance of ${place} is online.`);
}

function section(print: Printer, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  print.line();
  print.line(print.colors.bold(title));
  for (const line of lines) print.line(`  ${line}`);
}

/** The status in its colour. */
function colored({ colors }: Pick<Printer, 'colors'>, record: TaskRecord): string {
  const text = statusOf(record);
  if (record.status === 'COMPLETED') return colors.green(text);
  if (record.status === 'FAILED') return colors.red(text);
  return record.status === 'PENDING' ? text : colors.yellow(text);
}

/** A list of tasks, those of a rolling restart with their layer and how far they are. */
export function showTasks(context: Context, records: readonly TaskRecord[]): void {
  const { print } = context;
  const at = context.now();
  const restarts = records.length > 0 && records.every(isRestart);
  const own: readonly Column<TaskRecord>[] = restarts
    ? [
        { title: 'STACK', of: (one) => textOf(one['stack']) },
        { title: 'LAYER', of: (one) => textOf(one['layer']) },
        { title: 'RESTARTED', of: restartColumn },
      ]
    : [{ title: 'FIELDS', of: fieldsColumn }];
  const columns: readonly Column<TaskRecord>[] = [
    { title: 'ID', of: ({ _id }) => _id },
    { title: 'STATUS', of: (one) => colored(print, one) },
    ...own,
    { title: 'CREATED', of: ({ date_created }) => ago(date_created, at) },
    { title: 'DUE', of: (one) => (isDelayed(one, at) ? utcAndSpan(one.due_at ?? '', at) : '') },
  ];
  const shown = columns.filter(({ title, of }) => title !== 'DUE' || records.some((one) => of(one) !== ''));
  print.table(records, shown, 'No task fits.');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? oneLine(value) : '';
}

function restartColumn(record: TaskRecord): string {
  if (!isRestart(record) || record.totalInstances === undefined) return '';
  if (Array.isArray(record.plan)) return `plan of ${record.plan.length}`;
  return `${record.instancesOnline.length} of ${record.totalInstances}`;
}

const LONGEST_FIELDS = 60;

function fieldsColumn(record: TaskRecord): string {
  const text = ownFields(record)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return text.length > LONGEST_FIELDS ? `${text.slice(0, LONGEST_FIELDS)}…` : text;
}
