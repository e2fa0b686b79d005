import {
  CreateTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  ModifyInstanceAttributeCommand,
  paginateDescribeInstances,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type DescribeInstancesCommandInput,
  type Instance,
} from '@aws-sdk/client-ec2';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off', SANDBOX_TERMINATED_VISIBLE_MS: '300' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
});
afterAll(() => sandbox.stop());

async function launch(count = 1, subnet?: string): Promise<string[]> {
  const { images } = await sandbox.resources();
  const answer = await sandbox.ec2.send(
    new RunInstancesCommand({
      ImageId: images[0]?.id,
      InstanceType: 'm5.large',
      MinCount: count,
      MaxCount: count,
      SubnetId: subnet,
    }),
  );
  return (answer.Instances ?? []).map((instance) => instance.InstanceId ?? '');
}

async function instancesBy(input: DescribeInstancesCommandInput): Promise<Instance[]> {
  const answer = await sandbox.ec2.send(new DescribeInstancesCommand(input));
  return (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
}

const idsOf = (instances: Instance[]): (string | undefined)[] => instances.map((instance) => instance.InstanceId);

describe('DescribeInstances', () => {
  it('shows the seeded fleet, the same after every reset, and carries no mark of an installation', async () => {
    const before = await instancesBy({});
    expect(before.length).toBeGreaterThanOrEqual(3);
    for (const instance of before) {
      expect(instance.State?.Name).toBe('running');
      expect(instance.Tags?.map((tag) => tag.Key).sort()).toEqual(['Name', 'env', 'queue', 'role', 'site']);
    }
    await sandbox.send('POST', 'reset');
    expect(idsOf(await instancesBy({}))).toEqual(idsOf(before));
  });

  it('filters by any value of every filter, with wildcards, and tells tags apart by case', async () => {
    sandbox.clock.hold();
    const [id = ''] = await launch();
    await sandbox.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'Kind', Value: 'a*b' }] }));
    const by = async (Name: string, ...Values: string[]): Promise<number> =>
      (await instancesBy({ Filters: [{ Name, Values }] })).length;
    expect(await by('instance-state-name', 'pending')).toBe(1);
    expect(await by('instance-state-name', 'pending', 'running')).toBe(5);
    expect(await by('tag:Kind', 'a\\*b')).toBe(1);
    expect(await by('tag:Kind', 'a?b')).toBe(1);
    expect(await by('tag:kind', '*')).toBe(0);
    expect(await by('tag-key', 'Ki*')).toBe(1);
    expect(await by('instance-type', 'm5.*')).toBe(1);
    expect(await by('instance-id', id)).toBe(1);
    expect(
      idsOf(
        await instancesBy({
          Filters: [
            { Name: 'tag:role', Values: ['worker'] },
            { Name: 'instance-id', Values: [id] },
          ],
        }),
      ),
    ).toEqual([]);
  });

  it.each<[string, DescribeInstancesCommandInput, string, string]>([
    [
      'an unknown filter',
      { Filters: [{ Name: 'colour', Values: ['x'] }] },
      'InvalidParameterValue',
      "The filter 'colour' is invalid",
    ],
    [
      'a malformed id',
      { InstanceIds: ['i-xyz'] },
      'InvalidInstanceID.Malformed',
      'Invalid id: "i-xyz" (expecting "i-...")',
    ],
    [
      'an unknown id',
      { InstanceIds: ['i-00000000000000000'] },
      'InvalidInstanceID.NotFound',
      "The instance ID 'i-00000000000000000' does not exist",
    ],
    [
      'unknown ids',
      { InstanceIds: ['i-00000000000000000', 'i-00000000'] },
      'InvalidInstanceID.NotFound',
      "The instance IDs 'i-00000000000000000, i-00000000' do not exist",
    ],
    [
      'small pages',
      { MaxResults: 4 },
      'InvalidParameterValue',
      'Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.',
    ],
    ['large pages', { MaxResults: 1001 }, 'InvalidParameterValue', 'maxResults'],
    [
      'pages of named instances',
      { InstanceIds: ['i-00000000000000000'], MaxResults: 5 },
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    ],
    ['a made-up token', { NextToken: 'abc' }, 'InvalidPaginationToken', 'token'],
    [
      'more than 200 filter values',
      { Filters: [{ Name: 'tag:a', Values: Array.from({ length: 201 }, String) }] },
      'FilterLimitExceeded',
      '200',
    ],
  ])('refuses %s', async (_name, input, code, message) => {
    const refusal = await refusalOf(instancesBy(input));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(message);
  });

  it('pages through a big fleet, each instance once, and cuts at 1000 where no size is named', async () => {
    await sandbox.send('POST', 'seed', { instances: 1200 });
    const first = await sandbox.ec2.send(new DescribeInstancesCommand({}));
    expect(first.Reservations?.length).toBe(1000);
    expect(first.NextToken).toBeDefined();
    const seen = new Set<string>();
    let pages = 0;
    for await (const page of paginateDescribeInstances({ client: sandbox.ec2, pageSize: 500 }, {})) {
      pages += 1;
      for (const reservation of page.Reservations ?? []) {
        for (const instance of reservation.Instances ?? []) seen.add(instance.InstanceId ?? '');
      }
    }
    expect(pages).toBe(3);
    expect(seen.size).toBe(1204);
  });
});

describe('TerminateInstances', () => {
  it('moves through shutting-down to terminated, without a network, until it is not described any more', async () => {
    sandbox.clock.hold();
    const [id = ''] = await launch();
    const answer = await sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(answer.TerminatingInstances).toEqual([
      {
        InstanceId: id,
        CurrentState: { Code: 32, Name: 'shutting-down' },
        PreviousState: { Code: 0, Name: 'pending' },
      },
    ]);
    sandbox.clock.pass(100);
    const [instance] = await instancesBy({ InstanceIds: [id] });
    expect(instance?.State?.Name).toBe('terminated');
    expect(instance?.PrivateIpAddress).toBeUndefined();
    expect(instance?.SecurityGroups ?? []).toEqual([]);
    const again = await sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(again.TerminatingInstances?.[0]?.PreviousState?.Name).toBe('terminated');
    expect(await sandbox.effects('TerminateInstances')).toMatchObject([{ instance_ids: [id] }]);
    sandbox.clock.pass(300);
    expect((await refusalOf(instancesBy({ InstanceIds: [id] }))).code).toBe('InvalidInstanceID.NotFound');
  });

  it('terminates none where one id is unknown', async () => {
    const [id = ''] = await launch();
    const refusal = await refusalOf(
      sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id, 'i-0123456789abcdef0'] })),
    );
    expect(refusal.code).toBe('InvalidInstanceID.NotFound');
    expect((await instancesBy({ InstanceIds: [id] }))[0]?.State?.Name).not.toBe('shutting-down');
  });

  it('refuses a protected instance, and spares those of its zone only', async () => {
    const { subnets } = await sandbox.resources();
    const [guarded = '', neighbour = ''] = await launch(2, subnets[0]?.id);
    const [elsewhere = ''] = await launch(1, subnets[1]?.id);
    const protect = async (on: boolean): Promise<unknown> =>
      sandbox.ec2.send(
        new ModifyInstanceAttributeCommand({ InstanceId: guarded, DisableApiTermination: { Value: on } }),
      );
    await protect(true);
    const attribute = await sandbox.ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: guarded, Attribute: 'disableApiTermination' }),
    );
    expect(attribute.DisableApiTermination).toEqual({ Value: true });

    const refusal = await refusalOf(
      sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [guarded, neighbour, elsewhere] })),
    );
    expect(refusal).toEqual({
      code: 'OperationNotPermitted',
      message: `The instance '${guarded}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    });
    const effects = await sandbox.effects('TerminateInstances');
    expect(effects).toMatchObject([{ instance_ids: [elsewhere] }]);

    await protect(false);
    await sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [guarded, neighbour] }));
    expect(await sandbox.effects('TerminateInstances')).toHaveLength(2);
  });
});

describe('CreateTags', () => {
  it('changes tags once: what is there already is no effect', async () => {
    const [id = ''] = await launch();
    const tag = (value: string): Promise<unknown> =>
      sandbox.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'Name', Value: value }] }));
    await tag('one');
    await tag('one');
    expect(await sandbox.effects('CreateTags')).toMatchObject([{ resource_ids: [id], tags: { Name: 'one' } }]);
    await tag('two');
    expect((await instancesBy({ InstanceIds: [id] }))[0]?.Tags).toEqual([{ Key: 'Name', Value: 'two' }]);
  });

  it('tags nothing where one resource is unknown, malformed, or of no kind', async () => {
    const [id = ''] = await launch();
    const code = async (other: string): Promise<string> =>
      (
        await refusalOf(
          sandbox.ec2.send(new CreateTagsCommand({ Resources: [id, other], Tags: [{ Key: 'a', Value: 'b' }] })),
        )
      ).code;
    expect(await code('i-0123456789abcdef0')).toBe('InvalidInstanceID.NotFound');
    expect(await code('sg-0123456789abcdef0')).toBe('InvalidGroup.NotFound');
    expect(await code('i-1')).toBe('InvalidInstanceID.Malformed');
    expect(await code('nonsense')).toBe('InvalidID');
    expect(await sandbox.effects('CreateTags')).toEqual([]);
  });

  it('counts tags that were there before towards the 50', async () => {
    const [id = ''] = await launch();
    const tags = (prefix: string, length: number): CreateTagsCommand =>
      new CreateTagsCommand({
        Resources: [id],
        Tags: Array.from({ length }, (_, index) => ({ Key: `${prefix}${index}`, Value: '' })),
      });
    await sandbox.ec2.send(tags('a', 49));
    expect((await refusalOf(sandbox.ec2.send(tags('b', 2)))).code).toBe('TagLimitExceeded');
  });
});
