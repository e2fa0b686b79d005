import { AppError } from '@quartermaster/foundation';
import type { CloudInstance, Ec2Port } from '@quartermaster/instances';
import { RetryLater } from '@quartermaster/jobs';
import type { BuildState, Builds } from '@quartermaster/stores';
import { createFakeContext, createFakeJournal } from '../testing/fake-context.js';
import type { Notify } from '../notify.js';
import { createCleanUpBuild } from './clean-up-build.js';

const PAUSE_MS = 1000;

/** A build, and what EC2 has of it; `outage` is what every call to EC2 throws. */
interface World {
  state: BuildState | undefined;
  instances: Record<string, CloudInstance['state']>;
  groups: string[];
  groupInUse?: boolean;
  outage?: Error;
}

function createWorld(world: World) {
  let now = 1_000_000;
  const told: string[] = [];
  const notify: Notify = async (_journal, { text }) => void told.push(text);
  const calls: string[] = [];
  const ask = <T>(answer: () => T): Promise<T> =>
    world.outage ? Promise.reject(world.outage) : Promise.resolve(answer());
  const ec2 = {
    listInstancesOfBuild: () => ask(() => Object.entries(world.instances).map(([id, state]) => ({ id, state }))),
    listSecurityGroups: () =>
      ask(() => [
        ...world.groups.map((id) => ({ id, name: '', build_id: 'b1' })),
        { id: 'sg-x', name: '', build_id: 'x' },
      ]),
    terminateInstances: (ids: readonly string[]) =>
      ask(() => {
        calls.push(`terminate ${ids.join(' ')}`);
        for (const id of ids) world.instances[id] = 'shutting-down';
      }),
    deleteSecurityGroup: (id: string) =>
      ask(() => {
        calls.push(`delete ${id}`);
        if (world.groupInUse) return false;
        world.groups = world.groups.filter((other) => other !== id);
        return true;
      }),
  } as unknown as Ec2Port;
  const builds = {
    load: () =>
      Promise.resolve(
        world.state && {
          id: 'b1',
          state: world.state,
          request: { slack_channel: 'general', role: 'worker', site: 'org', env: 'staging', queue: 'docker' },
        },
      ),
  } as unknown as Builds;
  const processor = createCleanUpBuild({
    ec2,
    builds,
    installId: 'mine',
    notify,
    webUrl: 'http://web',
    pauseMs: PAUSE_MS,
    now: () => now,
  });
  const context = createFakeContext(createFakeJournal());
  return {
    calls,
    told,
    giveUp: () =>
      processor.giveUp?.({ build_id: 'b1', cause: 'b1' }, new AppError('conflict', 'c', 'EC2 said no'), context),
    pass: (ms: number) => void (now += ms),
    /** `done`, or after how long (ms) it wants to look again. */
    run: async (): Promise<string | number> => {
      try {
        await processor.run({ build_id: 'b1', cause: 'b1' }, context);
        return 'done';
      } catch (error) {
        if (error instanceof RetryLater) return error.delayMs;
        throw error;
      }
    },
  };
}

describe('cleaning up a failed build', () => {
  it('terminates what runs, then removes the group once nothing uses it', async () => {
    const world: World = {
      state: 'failed',
      instances: { 'i-1': 'running', 'i-2': 'pending', 'i-3': 'terminated' },
      groups: ['sg-1'],
      groupInUse: true,
    };
    const { calls, run } = createWorld(world);
    expect(await run()).toBe(PAUSE_MS);
    world.groupInUse = false;
    expect(await run()).toBe('done');
    expect(calls).toEqual(['terminate i-1 i-2', 'delete sg-1', 'delete sg-1']);
  });

  it('terminates as well what comes to light only later', async () => {
    const world: World = { state: 'failed', instances: { 'i-1': 'running' }, groups: ['sg-1'], groupInUse: true };
    const { calls, run } = createWorld(world);
    await run();
    world.instances['i-2'] = 'running';
    world.groupInUse = false;
    expect(await run()).toBe('done');
    expect(calls).toEqual(['terminate i-1', 'delete sg-1', 'terminate i-2', 'delete sg-1']);
  });

  it('looks again for a minute where no group is left that would tell of hidden instances', async () => {
    const { run, pass } = createWorld({ state: 'failed', instances: {}, groups: [] });
    expect(await run()).toBe(30_000);
    pass(30_000);
    expect(await run()).toBe(30_000);
    pass(30_000);
    expect(await run()).toBe('done');
  });

  it('leaves a group that stays in use to the sweep after an hour', async () => {
    const world: World = { state: 'failed', instances: {}, groups: ['sg-1'], groupInUse: true };
    const { run, pass } = createWorld(world);
    await run();
    pass(3_600_001);
    expect(await run()).toBe('done');
  });

  it('waits as long as EC2 is away, more and more rarely, and gives up only what EC2 refuses', async () => {
    const outage = new AppError('unavailable', 'ec2-unavailable', 'no answer');
    const world: World = { state: 'failed', instances: { 'i-1': 'running' }, groups: ['sg-1'], outage };
    const { calls, run, pass } = createWorld(world);
    const pauses: (string | number)[] = [];
    for (const ms of [0, 5000, 86_400_000]) {
      pass(ms);
      pauses.push(await run());
    }
    expect(pauses).toEqual([PAUSE_MS, 5000, 16 * PAUSE_MS]);
    delete world.outage;
    expect(await run()).toBe('done');
    expect(calls).toEqual(['terminate i-1', 'delete sg-1']);
    const refused = createWorld({ ...world, outage: new AppError('unprocessable', 'ec2-refused', 'no') });
    await expect(refused.run()).rejects.toThrow('no');
    await refused.giveUp();
    expect(refused.told).toEqual([expect.stringContaining('EC2 said no')]);
  });
});

describe('cleaning up after a termination', () => {
  it.each<[BuildState | undefined]>([['started'], ['finished'], [undefined]])(
    'keeps the group of a build (%s) while one of its instances is left, and terminates none',
    async (state) => {
      const world: World = { state, instances: { 'i-1': 'terminated', 'i-2': 'stopped' }, groups: ['sg-1'] };
      const { calls, run, pass } = createWorld(world);
      // EC2's list may lag behind the termination that this comes from.
      expect(await run()).toBe(PAUSE_MS);
      pass(30_000);
      expect(await run()).toBe('done');
      expect(calls).toEqual([]);
      world.instances['i-2'] = 'shutting-down';
      expect(await run()).toBe('done');
      expect(calls).toEqual(['delete sg-1']);
    },
  );

  it('touches nothing while it is not decided what becomes of the build', async () => {
    const world: World = { state: 'pending', instances: { 'i-1': 'running' }, groups: ['sg-1'] };
    const { calls, run } = createWorld(world);
    expect(await run()).toBe(PAUSE_MS);
    world.state = 'failed';
    expect(await run()).toBe('done');
    expect(calls).toEqual(['terminate i-1', 'delete sg-1']);
  });
});
