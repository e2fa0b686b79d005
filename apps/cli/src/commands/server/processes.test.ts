import { runCli, serve, type TestServer } from '../../testing/run-cli.js';
import { processCommands } from './processes.js';

const OVERVIEW = {
  processes: [
    {
      id: 'a',
      process: 'mini-worker',
      version: '0.1.0',
      host: 'app-1',
      pid: 12,
      queues: [],
      leads: true,
      alive: true,
      uptime_seconds: 8,
      last_beat_seconds: 3,
    },
    {
      id: 'b',
      process: 'worker',
      version: '0.1.0',
      host: 'app-1',
      pid: 4872,
      queues: ['tasks', 'notifications'],
      alive: true,
      uptime_seconds: 3700,
      last_beat_seconds: 3,
    },
    {
      id: 'c',
      process: 'worker',
      version: '0.1.0',
      host: 'app-2',
      pid: 9,
      queues: ['tasks'],
      alive: false,
      uptime_seconds: 3700,
      last_beat_seconds: 61,
    },
  ],
  queues: [
    { name: 'tasks', waiting: 2, active: 1, delayed: 0, failed: 0, paused: true, oldest_seconds: 75, workers: 1 },
    {
      name: 'notifications',
      waiting: 0,
      active: 0,
      delayed: 4,
      failed: 1,
      paused: false,
      oldest_seconds: null,
      workers: 1,
    },
  ],
  caches: [
    { name: 'instances', age_seconds: 3 },
    { name: 'zones', age_seconds: null },
  ],
  open_jobs: 7,
  discovery: 'behind',
};

let server: TestServer;
beforeAll(async () => {
  server = await serve(({ path }) => (path === '/processes' ? { json: OVERVIEW } : undefined));
});
afterAll(() => server.close());

it('shows processes, queues and caches', async () => {
  const { code, stdout } = await runCli(processCommands, ['processes'], server);
  expect(code).toBe(0);
  expect(stdout).toBe(`PROCESS              HOST    PID  VERSION  STATE                UP  QUEUES
mini-worker (leads)  app-1    12  0.1.0    alive                8s
worker               app-1  4872  0.1.0    alive             1h 1m  all
worker               app-2     9  0.1.0    silent for 1m 1s         tasks

QUEUE           WAITING  ACTIVE  DELAYED  GIVEN UP  OLDEST  WORKERS
tasks (paused)        2       1        0         0  1m 15s        1
notifications         0       0        4         1                1

CACHE             AGE
instances          3s
zones      never read

Open jobs  7
Discovery  behind (etcd is out of reach)
`);
});

it('prints the API’s own JSON where that is asked for', async () => {
  const { stdout } = await runCli(processCommands, ['processes', '--json'], server);
  expect(JSON.parse(stdout)).toEqual(OVERVIEW);
});
