import type { EffectGuard } from '@quartermaster/foundation';
import type { StackInstance } from './stack.js';
import type { StackSource } from './stack-source.js';

/** A source over a fleet of its own, whose cloud takes milliseconds for everything. */
export interface SourceUnderTest {
  readonly source: StackSource;
  /** Makes a stack `name` with the layer `API Server`/`api`: api1 … api11 online, api12 stopped. */
  makeStack(name: string): Promise<void>;
  /** Makes a stack with the layers `web` (an auto-scaling group `web-group`), `cache` (instance store) and `db`, one instance each. */
  makeStackWithObstacles(name: string): Promise<void>;
}

const GUARD: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const OVER: EffectGuard = {
  signal: AbortSignal.abort(),
  assertHeld: () => {
    throw new Error('the time is over');
  },
};

/** What every source of stacks does. */
export function describeStackSource(open: () => Promise<SourceUnderTest>): void {
  let test: SourceUnderTest;
  beforeAll(async () => {
    test = await open();
    await test.makeStack('Contract App');
  });

  const layerOf = async (stack = 'Contract App', layer = 'api') => (await test.source.findLayer(stack, layer)).layer;
  const apis = async (): Promise<StackInstance[]> => test.source.listInstances(await layerOf());
  const statusOf = async (id: string): Promise<string | undefined> =>
    (await test.source.findInstances([id]))[0]?.Status;
  const until = async (id: string, status: string): Promise<void> => {
    for (let tries = 0; tries < 1000; tries += 1) {
      if ((await statusOf(id)) === status) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${id} is ${await statusOf(id)}, not ${status}`);
  };
  const named = async (hostname: string): Promise<StackInstance> => {
    const found = (await apis()).find((instance) => instance.Hostname === hostname);
    if (found === undefined) throw new Error(`There is no ${hostname}`);
    return found;
  };

  it('tells the whole fleet, each instance of a stack and layer that are told as well', async () => {
    const { stacks, layers, instances } = await test.source.loadFleet();
    const stack = stacks.find(({ Name }) => Name === 'Contract App');
    const layer = layers.find(({ StackId, Shortname }) => StackId === stack?.StackId && Shortname === 'api');
    expect(layer).toMatchObject({ Name: 'API Server' });
    const own = instances.filter(({ LayerIds }) => LayerIds.includes(layer?.LayerId ?? ''));
    expect(own.map(({ Hostname }) => Hostname)).toHaveLength(12);
    expect(own.every(({ StackId }) => StackId === stack?.StackId)).toBe(true);
    expect(own.every(({ Ec2InstanceId }) => /^i-[0-9a-f]+$/.test(Ec2InstanceId ?? ''))).toBe(true);
  });

  it('finds a layer by name and short name, in any case, always under the same ids', async () => {
    const found = await Promise.all(['api', 'API', 'api server'].map((name) => layerOf('contract APP', name)));
    expect(new Set(found.map(({ LayerId }) => LayerId)).size).toBe(1);
    await expect(test.source.findLayer('No Such', 'api')).rejects.toMatchObject({ code: 'unknown-stack' });
    await expect(test.source.findLayer('Contract App', 'no')).rejects.toMatchObject({ code: 'unknown-layer' });
  });

  it('lists a layer in order, and tells what is online', async () => {
    const instances = await apis();
    expect(instances.map(({ Hostname }) => Hostname)).toEqual(Array.from({ length: 12 }, (_, i) => `api${i + 1}`));
    expect(instances.map(({ Status }) => Status)).toEqual([...Array<string>(11).fill('online'), 'stopped']);
  });

  it('leaves out ids that it does not know', async () => {
    const [first, second] = await apis();
    const unknown = (first?.InstanceId ?? '').replaceAll(/[0-9a-f]/g, '0');
    const found = await test.source.findInstances([first?.InstanceId ?? '', unknown, second?.InstanceId ?? '']);
    expect(found.map(({ Hostname }) => Hostname)).toEqual(['api1', 'api2']);
    expect(await test.source.findInstances([])).toEqual([]);
    expect(await test.source.findInstances([unknown])).toEqual([]);
  });

  it('stops and starts an instance, and is asked twice without harm', async () => {
    const { InstanceId } = await named('api3');
    await test.source.stopInstance(InstanceId, GUARD);
    await test.source.stopInstance(InstanceId, GUARD);
    await until(InstanceId, 'stopped');
    await test.source.stopInstance(InstanceId, GUARD);
    await test.source.startInstance(InstanceId, GUARD);
    await test.source.startInstance(InstanceId, GUARD);
    await until(InstanceId, 'online');
    await test.source.startInstance(InstanceId, GUARD);
    expect(await statusOf(InstanceId)).toBe('online');
  });

  it('says of a start that its time has not come while the instance is stopping', async () => {
    const { InstanceId } = await named('api4');
    await test.source.stopInstance(InstanceId, GUARD);
    await expect(test.source.startInstance(InstanceId, GUARD)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'instance-not-startable',
    });
    await until(InstanceId, 'stopped');
  });

  it('says so where there is no such instance', async () => {
    const unknown = (await named('api1')).InstanceId.replaceAll(/[0-9a-f]/g, '0');
    const notFound = { kind: 'not-found', code: 'instance-not-found' };
    await expect(test.source.stopInstance(unknown, GUARD)).rejects.toMatchObject(notFound);
    await expect(test.source.startInstance(unknown, GUARD)).rejects.toMatchObject(notFound);
  });

  it('does nothing once the right to act is over', async () => {
    const { InstanceId } = await named('api5');
    await expect(test.source.stopInstance(InstanceId, OVER)).rejects.toThrow('the time is over');
    expect(await statusOf(InstanceId)).toBe('online');
  });

  it('names the instances that must not be stopped', async () => {
    await test.makeStackWithObstacles('Contract Obstacles');
    const { instances } = await test.source.loadFleet();
    const { stack } = await test.source.findLayer('Contract Obstacles', 'db');
    const own = instances.filter(({ StackId }) => StackId === stack.StackId);
    const found = await test.source.findObstacles(own);
    expect(found.map(({ instance, reason }) => `${instance.Hostname} ${reason}`)).toEqual([
      'cache1 has an instance-store root and can not stop',
      'web1 is in the auto-scaling group web-group, which would replace it',
    ]);
    expect(await test.source.findObstacles([])).toEqual([]);
  });
}
