import type { TaskRecord } from '@quartermaster/stores';
import { layerRollingRestart, type RestartFields, type RestartSent } from './index.js';
import { windowSizeOf } from './limits.js';

const PLACE = { stack: 'my stack', layer: 'api' };

function check(body: object): { value?: RestartSent; problems: string[] } {
  const result = layerRollingRestart.schema.validate(body, { abortEarly: false, errors: { wrap: { label: false } } });
  return {
    ...(result.error ? {} : { value: result.value }),
    problems: result.error?.details.map((d) => d.message) ?? [],
  };
}

describe('the body of a rolling restart', () => {
  it('has defaults for all but stack and layer', () => {
    expect(check(PLACE).value).toEqual({ ...PLACE, window: 1, timeout: '20m', max_failures: 0, plan: false });
    expect(check({}).problems).toEqual(['stack is required', 'layer is required']);
  });

  it("takes the names that AWSuper's command line sends, and values as strings", () => {
    const sent = { stackName: 'my stack', layerName: 'api', window: '2', max_failures: '1', plan: 'true' };
    expect(check(sent).value).toMatchObject({ ...PLACE, window: 2, max_failures: 1, plan: true });
  });

  it('refuses a name that is given twice', () => {
    const { problems } = check({ ...PLACE, stackName: 'other' });
    expect(problems).toEqual(['stackName and stack are the same field: send one of them']);
  });

  it.each([[1], [5], ['2'], ['25%'], ['100 %']])('takes the window %p', (window) => {
    expect(check({ ...PLACE, window }).problems).toEqual([]);
  });

  it.each([[0], [-1], [1.5], ['0%'], ['101%'], ['25.5%'], ['two'], [''], [true], [null], [[]], [[2]], [['25%']]])(
    'refuses the window %p',
    (window) => {
      expect(check({ ...PLACE, window }).problems).toEqual([
        'window must be a whole number of 1 or more, or a percentage from 1% to 100% like 25%',
      ]);
    },
  );

  it.each([['20m'], ['90s'], [90_000], ['90000']])('takes the timeout %p', (timeout) => {
    expect(check({ ...PLACE, timeout }).problems).toEqual([]);
  });

  it.each([['soon'], [10], ['500ms'], ['8d'], [-5], [{}]])('refuses the timeout %p', (timeout) => {
    expect(check({ ...PLACE, timeout }).problems).toEqual([
      'timeout must be a duration from 1s to 7d like 20m, or a number of ms',
    ]);
  });

  it('refuses blank names, negative failures and an empty list of instances', () => {
    expect(check({ stack: ' ', layer: '', max_failures: -1, instances: [] }).problems).toHaveLength(4);
    expect(check({ ...PLACE, instances: 'api1' }).value?.instances).toEqual(['api1']);
    expect(check({ ...PLACE, timeout: ['20m'] }).problems).toHaveLength(1);
  });
});

describe('a plan', () => {
  it('is told to nobody but its sender, who waits for it', () => {
    const { isQuiet, waits, schema } = layerRollingRestart;
    for (const plan of [true, false]) {
      const fields = schema.validate({ ...PLACE, plan }).value;
      expect([isQuiet?.(fields), waits?.(fields)]).toEqual([plan, plan]);
    }
  });
});

describe('a window in percent', () => {
  it.each([
    ['25%', 20, 5],
    ['25%', 7, 1],
    ['10%', 3, 1],
    ['100%', 12, 12],
    ['50%', 0, 1],
  ])('%s of %i instances are %i', (window, online, size) => {
    expect(windowSizeOf(window, online)).toBe(size);
  });
});

describe('a resumption', () => {
  const ended = (fields: Partial<RestartFields>): TaskRecord<RestartFields> => ({
    id: '1',
    task: 'layer-rolling-restart',
    status: 'FAILED',
    settled: true,
    exceptions: [],
    request_id: 'r',
    date_created: '',
    date_updated: '',
    fields: { ...check(PLACE).value, ...layerRollingRestart.initial, ...fields } as RestartFields,
  });

  it('sends the same again for what was left, by id', () => {
    const instancesLeft = [{ Hostname: 'api2', InstanceId: 'i-2' }];
    const sent = layerRollingRestart.resume?.(ended({ window: 2, targets: [], instancesLeft }));
    expect(sent).toEqual({ ...check({ ...PLACE, window: 2 }).value, instances: ['i-2'] });
  });

  it('goes on with what failed of a completed one, and with however many were left', () => {
    const instancesLeft = Array.from({ length: 2500 }, (_, n) => ({ Hostname: `api${n}`, InstanceId: `i-${n}` }));
    const sent = layerRollingRestart.resume?.({ ...ended({ targets: [], instancesLeft }), status: 'COMPLETED' });
    const { value, problems } = check(sent ?? {});
    expect([problems, value?.instances?.length]).toEqual([[], 2500]);
  });

  it('is refused where nothing is left, or nothing had begun', () => {
    expect(() => layerRollingRestart.resume?.(ended({ targets: [], instancesLeft: [] }))).toThrow('nothing left');
    expect(() => layerRollingRestart.resume?.(ended({}))).toThrow('it had not begun');
    expect(() => layerRollingRestart.resume?.(ended({ plan: [] }))).toThrow('it was a plan');
  });
});
