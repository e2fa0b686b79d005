import { AppError } from '@quartermaster/foundation';
import { RetryLater } from '@quartermaster/jobs';
import type { TaskContext } from '../task-context.js';
import { layerRollingRestart, type RestartFields, type Target } from './index.js';
import { createRollingRestart } from './rounds.js';

const IN_THE_MIDDLE: Target = {
  Hostname: 'api1',
  InstanceId: 'i-1',
  phase: 'stopping',
  sent: true,
  looks: 0,
  moved: false,
  spentMs: 0,
};

function contextOf(target: Target, find: () => Promise<never>, said: string[] = []): TaskContext<RestartFields> {
  const steps = new Set<string>();
  const { value } = layerRollingRestart.schema.validate({ stack: 'a', layer: 'b' });
  let fields = { ...value, ...layerRollingRestart.initial, targets: [target], source: 'opsworks' } as RestartFields;
  const say = (message: string): void => void said.push(message);
  return {
    get record() {
      return { fields };
    },
    update: (patch: object) => Promise.resolve(void (fields = { ...fields, ...patch })),
    log: { debug: say, info: say, warn: say, error: say, fatal: say },
    step: (name: string, act: () => Promise<void>) => {
      if (steps.has(name)) return Promise.resolve();
      steps.add(name);
      return act();
    },
    pollMs: 1000,
    stacks: { name: 'ec2-tags', findInstances: find },
  } as unknown as TaskContext<RestartFields>;
}

const { run, settle } = createRollingRestart(() => 0);
const unused = (): Promise<never> => Promise.reject(new Error('not asked'));

describe('a restart that finds another source than it began with', () => {
  it('fails', async () => {
    await expect(run(contextOf(IN_THE_MIDDLE, unused))).rejects.toMatchObject({ code: 'stacks-source-changed' });
  });

  it('is settled at once where nothing is in the middle, else only when the former source is back', async () => {
    const said: string[] = [];
    const left = contextOf(IN_THE_MIDDLE, unused, said);
    for (let times = 0; times < 3; times += 1) await expect(settle(left)).rejects.toBeInstanceOf(RetryLater);
    expect(said).toEqual([
      expect.stringMatching(/stays claimed: set STACKS_SOURCE=opsworks for the worker.*In the middle: api1 \(i-1\)$/),
    ]);
    const ctx = contextOf({ ...IN_THE_MIDDLE, phase: 'waiting' }, unused);
    await settle(ctx);
    expect(ctx.record.fields.instancesLeft).toEqual([{ Hostname: 'api1', InstanceId: 'i-1' }]);
  });
});

describe('a restart that can not reach the cloud', () => {
  it('asks again, slower each time, and changes nothing', async () => {
    const away = (): Promise<never> => Promise.reject(new AppError('unavailable', 'ec2-throttled', 'Slow down.'));
    const ctx = contextOf(IN_THE_MIDDLE, away);
    await ctx.update({ source: 'ec2-tags' });
    const pauses: number[] = [];
    for (let times = 1; times <= 8; times += 1) {
      const pause: unknown = await run(ctx).catch((error: unknown) => error);
      pauses.push(pause instanceof RetryLater ? pause.delayMs : 0);
    }
    expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(ctx.record.fields.targets).toEqual([IN_THE_MIDDLE]);
  });
});
