import type { CacheState, Overview, ProcessState, QueueState } from '../../api/overview.js';
import { defineCommand, type Command } from '../../command.js';
import type { Column } from '../../output/printer.js';
import { spanOf } from '../../output/time.js';

function processColumns(queueCount: number): readonly Column<ProcessState>[] {
  return [
    { title: 'PROCESS', of: ({ process, leads }) => (leads === true ? `${process} (leads)` : process) },
    { title: 'HOST', of: ({ host }) => host },
    { title: 'PID', of: ({ pid }) => pid, align: 'right' },
    { title: 'VERSION', of: ({ version }) => version },
    { title: 'STATE', of: stateOf },
    { title: 'UP', of: ({ alive, uptime_seconds }) => (alive ? spanOf(uptime_seconds) : ''), align: 'right' },
    { title: 'QUEUES', of: ({ queues }) => (queues.length === queueCount ? 'all' : queues.join(', ')) },
  ];
}

function stateOf({ alive, last_beat_seconds }: ProcessState): string {
  return alive ? 'alive' : `silent for ${spanOf(last_beat_seconds)}`;
}

const QUEUE_COLUMNS: readonly Column<QueueState>[] = [
  { title: 'QUEUE', of: ({ name, paused }) => (paused ? `${name} (paused)` : name) },
  { title: 'WAITING', of: ({ waiting }) => waiting, align: 'right' },
  { title: 'ACTIVE', of: ({ active }) => active, align: 'right' },
  { title: 'DELAYED', of: ({ delayed }) => delayed, align: 'right' },
  { title: 'GIVEN UP', of: ({ failed }) => failed, align: 'right' },
  { title: 'OLDEST', of: ({ oldest_seconds: age }) => (age === null ? '' : spanOf(age)), align: 'right' },
  { title: 'WORKERS', of: ({ workers }) => workers, align: 'right' },
];

const CACHE_COLUMNS: readonly Column<CacheState>[] = [
  { title: 'CACHE', of: ({ name }) => name },
  { title: 'AGE', of: ({ age_seconds: age }) => (age === null ? 'never read' : spanOf(age)), align: 'right' },
];

const DISCOVERY = {
  current: 'current',
  behind: 'behind (etcd is out of reach)',
  off: 'off (the server has no etcd)',
} as const;

const processes = defineCommand({
  name: 'processes',
  group: 'The server',
  summary: 'Show the server’s processes, how full its queues are, and how old its caches',
  examples: [
    { line: 'processes', does: 'who is there, and what waits' },
    { line: 'processes --json', does: 'the same for a program' },
  ],
  run: async ({ api, print }) => {
    const overview = await api.get<Overview>('/processes');
    print.result(overview, () => {
      const { queues, caches, open_jobs, discovery } = overview;
      print.table(overview.processes, processColumns(queues.length), 'No process is known.');
      print.line();
      print.table(queues, QUEUE_COLUMNS, 'There are no queues.');
      print.line();
      print.table(caches, CACHE_COLUMNS, 'There are no caches.');
      print.line();
      print.fields([
        ['Open jobs', open_jobs],
        ['Discovery', DISCOVERY[discovery]],
      ]);
    });
  },
});

export const processCommands: readonly Command[] = [processes];
