import { instancesOf, progressOf, type RestartRecord } from './restart-progress.js';

const AT = '2026-11-21T16:06:50.000Z';
const now = Date.parse(AT);
const one = (number: number): { Hostname: string; InstanceId: string; timestamp: string } => ({
  Hostname: `api${number}`,
  InstanceId: `i-${number}`,
  timestamp: AT,
});

function restart(fields: Partial<RestartRecord>): RestartRecord {
  return {
    _id: '5b6cb5f4e161b303089da220',
    status: 'RUNNING',
    settled: false,
    stack: 'mobile-app',
    layer: 'api',
    instancesOnline: [],
    exceptions: [],
    log: [],
    date_created: AT,
    date_updated: AT,
    ...fields,
  };
}

it('counts what is online again, and names what is down', () => {
  const record = restart({
    totalInstances: 5,
    targets: [1, 2, 3, 4, 5].map(one),
    instancesStopping: [1, 2, 3].map(one),
    instancesShutdown: [1, 2].map(one),
    instancesStarted: [one(1)],
    instancesOnline: [one(1)],
  });
  expect(progressOf(record, now)).toEqual({
    done: 1,
    total: 5,
    text: 'RUNNING, 1 of 5 restarted; stopping api3; starting api2',
  });
  expect(instancesOf(record).map(({ hostname, state }) => `${hostname} ${state}`)).toEqual([
    'api1 restarted',
    'api2 starting',
    'api3 stopping',
    'api4 waiting',
    'api5 waiting',
  ]);
});

it('says what has failed with its reason, and at the end what is left', () => {
  const record = restart({
    status: 'FAILED',
    settled: true,
    totalInstances: 3,
    targets: [1, 2, 3].map(one),
    instancesStopping: [one(1), one(2)],
    instancesOnline: [one(1)],
    instancesFailed: [{ ...one(2), reason: 'start_failed' }],
    instancesLeft: [one(2), one(3)],
  });
  expect(progressOf(record, now).text).toBe('FAILED, 1 of 3 restarted; failed api2');
  expect(instancesOf(record).map(({ hostname, state, reason }) => [hostname, state, reason])).toEqual([
    ['api1', 'restarted', undefined],
    ['api2', 'failed', 'start_failed'],
    ['api3', 'left', undefined],
  ]);
});

it.each<[string, Partial<RestartRecord>, object]>([
  ['before it has begun', { status: 'PENDING' }, { done: 0, total: 1, text: 'PENDING' }],
  [
    'while it waits for its time',
    { status: 'PENDING', due_at: '2026-12-05T16:06:50.000Z' },
    { done: 0, total: 1, text: 'PENDING, due 2026-12-05 16:06:50 UTC' },
  ],
  [
    'of an empty layer',
    { status: 'COMPLETED', settled: true, totalInstances: 0 },
    { done: 1, total: 1, text: 'COMPLETED, 0 of 0 restarted' },
  ],
  [
    'while it brings back what is down',
    { status: 'CANCELLED', totalInstances: 2, instancesShutdown: [one(1)] },
    { done: 0, total: 2, text: 'CANCELLED, not settled, 0 of 2 restarted; starting api1' },
  ],
])('progress %s', (_when, fields, expected) => {
  expect(progressOf(restart(fields), now)).toEqual(expected);
});
