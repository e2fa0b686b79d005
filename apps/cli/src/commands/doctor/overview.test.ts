import type { Overview, ProcessState, QueueState } from '../../api/overview.js';
import type { Check } from './check.js';
import { checkOverview } from './overview.js';

const process = (name: string, changes: Partial<ProcessState> = {}): ProcessState => ({
  id: `${name}-1`,
  process: name,
  version: '1.0.0',
  host: 'a',
  pid: 1,
  queues: [],
  alive: true,
  uptime_seconds: 10,
  last_beat_seconds: 1,
  ...changes,
});
const queue = (changes: Partial<QueueState> = {}): QueueState => ({
  name: 'tasks',
  waiting: 0,
  active: 0,
  delayed: 0,
  failed: 0,
  paused: false,
  oldest_seconds: null,
  workers: 1,
  ...changes,
});
const WELL: Overview = {
  processes: [process('web'), process('worker'), process('mini-worker', { leads: true })],
  queues: [queue()],
  caches: [{ name: 'instances', age_seconds: 2 }],
  open_jobs: 0,
  discovery: 'off',
};
const WELL_YOUNG = [process('web'), process('worker'), process('mini-worker', { uptime_seconds: 29 })];
const dead = { alive: false, last_beat_seconds: 90 };

const troubles = (changes: Partial<Overview>): readonly string[] =>
  checkOverview({ ...WELL, ...changes })
    .filter(({ state }: Check) => state !== 'ok')
    .map(({ state, name, detail }) => `${state} ${name}: ${detail}`);

it('finds nothing where all is well', () => {
  expect(troubles({})).toEqual([]);
});

it.each<[string, Partial<Overview>, readonly string[]]>([
  [
    'a worker that died while another lives',
    { processes: [...WELL.processes, process('worker', dead)] },
    ['warning worker: a, process 1, version 1.0.0: silent for 1m 30s; another one lives'],
  ],
  [
    'the only worker that died',
    { processes: [process('web'), process('worker', dead), process('mini-worker', { leads: true })] },
    ['problem worker: a, process 1, version 1.0.0: silent for 1m 30s'],
  ],
  [
    'no mini-worker at all',
    { processes: [process('web'), process('worker')] },
    ['problem mini-worker: none is there: nobody does the caches and the chores'],
  ],
  [
    'mini-workers without a leader',
    { processes: [process('web'), process('worker'), process('mini-worker', { uptime_seconds: 30 })] },
    ['warning mini-worker: none leads at the moment; one takes over within seconds'],
  ],
  ['no fault in mini-workers that have just started', { processes: WELL_YOUNG }, []],
  [
    'several versions',
    { processes: [...WELL.processes, process('worker', { version: '1.1.0' })] },
    ['warning versions: the processes run 1.0.0 and 1.1.0'],
  ],
  [
    'a queue without a worker',
    { queues: [queue({ workers: 0, waiting: 1, oldest_seconds: 500 })] },
    ['problem queue: tasks: no worker serves it; 1 job waiting'],
  ],
  [
    'jobs that wait too long',
    { queues: [queue({ waiting: 3, oldest_seconds: 125 })] },
    ['warning queue: tasks: the oldest of 3 jobs has waited 2m 5s'],
  ],
  [
    'a queue that is paused, and jobs that were given up',
    { queues: [queue({ paused: true, failed: 2 })] },
    ['warning queue: tasks: paused; 0 jobs waiting', 'warning queue: tasks: 2 jobs given up in the last days'],
  ],
  [
    'caches that are too old or were never read',
    {
      caches: [
        { name: 'a', age_seconds: 121 },
        { name: 'b', age_seconds: null },
        { name: 'c', age_seconds: 5 },
      ],
    },
    ['warning cache: a: 2m 1s old', 'warning cache: b: never read'],
  ],
  ['etcd out of reach', { discovery: 'behind' }, ['problem discovery: behind: the server does not reach etcd']],
])('finds %s', (_name, changes, found) => {
  expect(troubles(changes)).toEqual(found);
});
