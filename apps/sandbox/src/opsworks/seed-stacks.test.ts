import { DescribeStacksCommand } from '@aws-sdk/client-opsworks';
import { DescribeImagesCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { startSandbox, type AddedStack, type ShownInstance, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off', SANDBOX_STACKS: 'on' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
});
afterAll(() => sandbox.stop());

const stacks = async (): Promise<AddedStack[]> => (await sandbox.get<{ stacks: AddedStack[] }>('stacks')).stacks;

describe('the stacks at the start', () => {
  it('are the same after every reset', async () => {
    const before = await stacks();
    expect(before.map(({ name, layers, instances }) => [name, layers.length, instances.length])).toEqual([
      ['mobile-app', 3, 10],
      ['My Stack', 2, 5],
      ['legacy', 2, 4],
    ]);
    await sandbox.send('POST', 'reset');
    expect(await stacks()).toEqual(before);
  });

  it('leave the rest of the seed as it is without them', async () => {
    const bare = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
    const idsOf = async (from: StartedSandbox): Promise<string[]> =>
      (await from.get<{ instances: ShownInstance[] }>('instances')).instances.map(({ id }) => id);
    expect((await idsOf(sandbox)).slice(0, 4)).toEqual(await idsOf(bare));
    expect((await bare.opsWorks.send(new DescribeStacksCommand({}))).Stacks).toEqual([]);
    await bare.stop();
  });

  it('have instances that run, two that do not, some of a group and some on an instance store', async () => {
    const count = async (Name: string, ...Values: string[]): Promise<number> => {
      const answer = await sandbox.ec2.send(
        new DescribeInstancesCommand({
          Filters: [
            { Name, Values },
            { Name: 'tag-key', Values: ['opsworks:stack'] },
          ],
        }),
      );
      return (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []).length;
    };
    expect(await count('instance-state-name', 'running')).toBe(17);
    expect(await count('instance-state-code', '80')).toBe(2);
    expect(await count('tag-key', 'aws:autoscaling:groupName')).toBe(2);
    expect(await count('root-device-type', 'instance-store')).toBe(2);
    expect(await count('tag:opsworks:layer:my-layer', 'my layer')).toBe(3);
    expect(await count('tag:Name', 'My Stack - my-layer1')).toBe(1);
    const { Images: images = [] } = await sandbox.ec2.send(
      new DescribeImagesCommand({ Filters: [{ Name: 'root-device-type', Values: ['instance-store'] }] }),
    );
    expect(images).toMatchObject([{ RootDeviceType: 'instance-store' }]);
  });

  it('show every timeline in one answer where it is asked for', async () => {
    const { instances } = await sandbox.get<{ instances: ShownInstance[] }>('instances?transitions=true');
    const stopped = instances.find(({ opsworks }) => opsworks?.hostname === 'worker4');
    expect(stopped?.opsworks).toMatchObject({ stack: 'mobile-app', layers: ['worker'], status: 'stopped' });
    expect(stopped?.opsworks_transitions.map(({ state }) => state).slice(-2)).toEqual(['stopping', 'stopped']);
    const { instances: bare } = await sandbox.get<{ instances: ShownInstance[] }>('instances');
    expect(bare[0]).not.toHaveProperty('transitions');
  });
});

describe('POST /_sandbox/stacks', () => {
  const layer = { name: 'API', shortname: 'api', instances: 1 };

  it('adds a stack of the name that is asked for, once', async () => {
    const plan = { name: 'mine', layers: [layer] };
    expect(await sandbox.addStack(plan)).toMatchObject({
      name: 'mine',
      layers: [{ name: 'API', shortname: 'api' }],
      instances: [{ hostname: 'api1', layers: ['api'], status: 'online' }],
    });
    expect((await sandbox.send('POST', 'stacks', plan)).status).toBe(409);
  });

  it.each<[string, object]>([
    ['no name', { layers: [layer] }],
    ['no layers', { name: 'x', layers: [] }],
    ['a short name twice', { name: 'x', layers: [layer, layer] }],
    ['an unknown field', { name: 'x', layers: [{ ...layer, colour: 'red' }] }],
    ['more stopped than there are', { name: 'x', layers: [{ ...layer, stopped: 2 }] }],
    ['a share of no layer', { name: 'x', layers: [{ ...layer, shares: { layer: 'web', instances: 1 } }] }],
    [
      'stopped ones on an instance store',
      { name: 'x', layers: [{ ...layer, stopped: 1, root_device: 'instance-store' }] },
    ],
  ])('refuses %s', async (_name, plan) => {
    expect((await sandbox.send('POST', 'stacks', plan)).status).toBe(400);
  });

  it('says so where no addresses are left', async () => {
    const big = (name: string): object => ({
      name,
      layers: Array.from({ length: 8 }, (_, index) => ({ ...layer, shortname: `l${index}`, instances: 1000 })),
    });
    expect((await sandbox.send('POST', 'stacks', big('one'))).status).toBe(201);
    expect((await sandbox.send('POST', 'stacks', big('two'))).status).toBe(409);
  });
});
