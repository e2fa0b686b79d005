import type { Effect } from '../../harness/builds';
import type { ShownRestart, ToldInstance, ToldScenario } from '../streams/restarts-told';
import { checkRestarts, type InstanceLife, type RestartsEvidence } from './restarts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (second: number): string => new Date(T0 + second * 1000).toISOString();
const instance = (number: number): ToldInstance => ({
  instance_id: `ow-${number}`,
  ec2_instance_id: `i-${number}`,
  hostname: `api${number}`,
});
const event = (number: number, second: number) => ({
  Hostname: `api${number}`,
  InstanceId: `ow-${number}`,
  timestamp: at(second),
});

/** Stopped and online again at these seconds; `undefined`: never again. */
function life(number: number, rounds: readonly (readonly [down: number, up: number | undefined])[]): InstanceLife {
  const steps = rounds.flatMap(([down, up]) => [
    { at: at(down), state: 'stopping' },
    ...(up === undefined ? [{ at: at(down + 1), state: 'stopped' }] : [{ at: at(up), state: 'online' }]),
  ]);
  const transitions = [{ at: at(-9), state: 'online' }, ...steps];
  return { id: `i-${number}`, transitions: [], check_transitions: [], opsworks_transitions: transitions };
}

const stop = (number: number, second: number): Effect => ({
  seq: second,
  time: at(second),
  service: 'opsworks',
  action: 'StopInstance',
  instance_ids: [`i-${number}`],
});

const GOOD: ShownRestart = {
  _id: 't1',
  status: 'COMPLETED',
  settled: true,
  totalInstances: 2,
  windowSize: 1,
  instancesStopping: [event(1, 1), event(2, 11)],
  instancesShutdown: [event(1, 2), event(2, 12)],
  instancesStarted: [event(1, 2), event(2, 12)],
  instancesOnline: [event(1, 9), event(2, 19)],
  exceptions: [],
  date_created: at(0),
};

interface Changes {
  readonly task?: Partial<ShownRestart> | undefined;
  readonly effects?: readonly Effect[];
  readonly lives?: readonly InstanceLife[];
  readonly cancelled?: boolean;
  readonly openJobs?: readonly string[];
  readonly window?: number;
}

function check(changes: Changes = {}): string[] {
  const scenario: ToldScenario = {
    number: 1,
    stack: 'Stack 1',
    instances: [instance(1), instance(2), ...(changes.window === undefined ? [] : [instance(3)])],
    window: changes.window ?? 1,
    tasks: new Map([['t1', undefined]]),
    cancelled: new Set(changes.cancelled === true ? ['t1'] : []),
    repeated: 0,
  };
  const evidence: RestartsEvidence = {
    told: { source: 'opsworks', scenarios: [scenario], refusals: [] },
    tasks: new Map([['t1', { ...GOOD, ...changes.task }]]),
    effects: changes.effects ?? [stop(1, 1), stop(2, 11)],
    lives: changes.lives ?? [life(1, [[1, 9]]), life(2, [[11, 19]])],
    openJobs: changes.openJobs ?? [],
  };
  return checkRestarts(evidence).findings.map(({ kind, subject, what }) => `${kind}: ${subject} ${what}`);
}

describe('the checker of restarts', () => {
  it('finds nothing where all went well', () => {
    expect(check()).toEqual([]);
  });

  it('finds more down than the window', () => {
    const findings = check({ effects: [stop(1, 1), stop(2, 11)], lives: [life(1, [[1, 12]]), life(2, [[11, 19]])] });
    expect(findings).toEqual([`doubled: t1 had api1, api2 down at ${at(11)}, where 1 may be`]);
  });

  it('allows one at a time where what failed fills the window, and no more', () => {
    const instancesFailed = [{ ...event(1, 8), reason: 'start_failed' }];
    const task = { instancesFailed, instancesOnline: [event(2, 19)] };
    const lives = [life(1, [[1, undefined]]), life(2, [[11, 19]])];
    expect(check({ task, lives })).toEqual([]);
    const three = { ...task, instancesOnline: [event(2, 19), event(3, 20)], totalInstances: 3 };
    const stopping = { instancesStopping: [event(1, 1), event(2, 11), event(3, 12)] };
    const wide = { effects: [stop(1, 1), stop(2, 11), stop(3, 12)], lives: [...lives, life(3, [[12, 20]])] };
    for (const windowSize of [1, 2]) {
      expect(check({ task: { ...three, ...stopping, windowSize }, ...wide, window: windowSize })).toEqual([
        `doubled: t1 had api1, api2, api3 down at ${at(12)}, where 2 may be`,
      ]);
    }
    expect(check({ task: { ...three, ...stopping, windowSize: 3 }, ...wide, window: 3 })).toEqual([]);
  });

  it('finds a second stop of one instance, and one that no task intended', () => {
    expect(check({ effects: [stop(1, 1), stop(2, 11), stop(1, 30)] })).toEqual([
      'doubled: t1 stopped api1 (i-1) twice',
    ]);
    const instancesStopping = [event(1, 1)];
    expect(check({ task: { instancesStopping } }).join()).toMatch(/i-2 was stopped at .* though no task says so/);
  });

  it('finds one that was left down and named nowhere', () => {
    const lives = [life(1, [[1, 9]]), life(2, [[11, undefined]])];
    expect(check({ lives })).toEqual(['orphan: i-2 was left stopped, named nowhere']);
  });

  it('finds a task that does not end, or completes with less than all, or ends otherwise than it was told', () => {
    expect(check({ task: { status: 'RUNNING', settled: false } })).toEqual(['lost: t1 is RUNNING and never settled']);
    expect(check({ task: { totalInstances: 3 } })).toEqual(['lost: t1 completed with 2 of 3 instances']);
    expect(check({ cancelled: true })).toEqual(['lost: t1 was cancelled, and ended COMPLETED']);
    expect(check({ openJobs: ['j1'] })).toEqual(['orphan: j1 is a job that was never closed']);
  });
});
