import { AppError } from '@quartermaster/foundation';
import type { CloudInstance, Ec2Port } from '@quartermaster/instances';
import type { Producer } from '@quartermaster/jobs';
import type { InstanceCache, ProtectedInstances, Terminations } from '@quartermaster/stores';
import { createNotify } from '../notify.js';
import { createFakeContext, createFakeJournal, type FakeJournal } from '../testing/fake-context.js';
import { createTerminateInstance } from './terminate-instance.js';

const PAYLOAD = { termination_id: 't1', instance_id: 'i-1' };

interface World {
  /** What EC2 shows of the instance; `undefined`: it does not know it. */
  state?: CloudInstance['state'];
  /** What the cache holds of it. */
  cached?: Partial<CloudInstance>;
  channel?: string;
  /** What EC2 answers to a termination, after it took effect or not. */
  failure?: Error;
  takesEffect?: boolean;
}

function createWorld(world: World) {
  const seen: string[] = [];
  const ec2 = {
    findInstances: () => Promise.resolve(world.state ? [{ id: 'i-1', state: world.state }] : []),
    terminateInstances: ([id]: readonly string[]) => {
      seen.push(`terminate ${id}`);
      if (world.takesEffect !== false) world.state = 'shutting-down';
      return world.failure ? Promise.reject(world.failure) : Promise.resolve();
    },
  } as unknown as Ec2Port;
  const cache = {
    load: () => Promise.resolve(world.cached),
    forget: (id: string) => Promise.resolve(void seen.push(`forget ${id}`)),
  } as unknown as InstanceCache;
  const terminations = {
    load: () => Promise.resolve(world.channel === undefined ? {} : { slack_channel: world.channel }),
    end: (_id: string, _termination: string, error?: { code: string }) =>
      Promise.resolve(void seen.push(`end ${error?.code ?? 'well'}`)),
  } as unknown as Terminations;
  const protectedInstances = {
    note: (id: string, isProtected: boolean) => Promise.resolve(void seen.push(`note ${id} ${isProtected}`)),
  } as unknown as ProtectedInstances;
  const producer = {
    enqueue: (name: string, payload: { event_id?: string; build_id?: string }) =>
      Promise.resolve(void seen.push(`${name} ${payload.event_id ?? payload.build_id}`)),
  } as unknown as Producer;
  const notify = createNotify(producer);
  const processor = createTerminateInstance({ ec2, cache, terminations, protectedInstances, producer, notify });
  const run = (journal: FakeJournal): Promise<void> => processor.run(PAYLOAD, createFakeContext(journal));
  const giveUp = async (error: unknown): Promise<void> =>
    processor.giveUp?.(PAYLOAD, error, createFakeContext(createFakeJournal()));
  return { seen, run, giveUp };
}

const noAnswer = new AppError('unavailable', 'ec2-unavailable', 'no answer');
const notFound = new AppError('not-found', 'instance-not-found', 'not known');

describe('terminating an instance', () => {
  it('ends it, takes it off the cache, has its group looked after and tells it', async () => {
    const { seen, run } = createWorld({ state: 'running', cached: { build_id: 'b1' }, channel: 'ops' });
    await run(createFakeJournal());
    const then = ['forget i-1', 'clean-up-build b1', 'send-notification terminated-t1', 'end well'];
    expect(seen).toEqual(['terminate i-1', ...then]);
  });

  it('tells nobody where no channel is known, and cleans up nothing that no build made', async () => {
    const { seen, run } = createWorld({ state: 'running', cached: { build_id: '' } });
    await run(createFakeJournal());
    expect(seen).toEqual(['terminate i-1', 'forget i-1', 'end well']);
  });

  it('finds that it happened where the answer was lost, and asks for it once only', async () => {
    const world: World = { state: 'running', failure: noAnswer };
    const { seen, run } = createWorld(world);
    const journal = createFakeJournal();
    await expect(run(journal)).rejects.toThrow('no answer');
    await run(journal);
    expect(seen).toEqual(['terminate i-1', 'forget i-1', 'end well']);
  });

  it('asks again where nothing came of it', async () => {
    const world: World = { state: 'running', failure: noAnswer, takesEffect: false };
    const { seen, run } = createWorld(world);
    const journal = createFakeJournal();
    await expect(run(journal)).rejects.toThrow('no answer');
    delete world.failure;
    await run(journal);
    expect(seen.slice(0, 3)).toEqual(['terminate i-1', 'terminate i-1', 'forget i-1']);
  });

  it('takes an id that EC2 does not know for gone, unless the instance is younger than five minutes', async () => {
    const launched = (ago: number): string => new Date(Date.now() - ago).toISOString();
    const young = createWorld({ cached: { launch_time: launched(60_000) }, failure: notFound, takesEffect: false });
    await expect(young.run(createFakeJournal())).rejects.toMatchObject({ kind: 'unavailable' });
    const old = createWorld({ cached: { launch_time: launched(600_000) }, failure: notFound, takesEffect: false });
    await old.run(createFakeJournal());
    expect(old.seen).toEqual(['terminate i-1', 'forget i-1', 'end well']);
  });
});

describe('giving up a termination', () => {
  it('tells why, keeps the instance in the cache, and remembers a protection', async () => {
    const { seen, giveUp } = createWorld({ state: 'running', channel: 'ops' });
    await giveUp(new AppError('conflict', 'termination-protected', 'protected'));
    expect(seen).toEqual(['note i-1 true', 'send-notification unterminated-t1', 'end termination-protected']);
  });
});
