import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { eventually } from '@quartermaster/testing';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;
let image: string;
let place: { subnet: string; group: string; otherSubnet: string; sameVpcOtherZone: string };

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
  const resources = await sandbox.resources();
  image = resources.images.find(({ tags, state }) => tags['role'] === 'worker' && state === 'available')?.id ?? '';
  const standard = resources.vpcs.find((vpc) => vpc.default)?.id;
  const subnets = resources.subnets.filter((subnet) => subnet.vpc_id === standard);
  place = {
    subnet: subnets[0]?.id ?? '',
    sameVpcOtherZone: subnets[1]?.id ?? '',
    otherSubnet: resources.subnets.find((subnet) => subnet.vpc_id !== standard)?.id ?? '',
    group: resources.security_groups.find((group) => group.vpc_id === standard)?.id ?? '',
  };
});
afterAll(() => sandbox.stop());

function launch(input: Partial<RunInstancesCommandInput> = {}): RunInstancesCommand {
  return new RunInstancesCommand({ ImageId: image, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, ...input });
}

describe('RunInstances', () => {
  it('launches what was asked for: pending, then running, with tags, groups, addresses and metadata options', async () => {
    const answer = await sandbox.ec2.send(
      launch({
        MinCount: 2,
        MaxCount: 2,
        SubnetId: place.subnet,
        SecurityGroupIds: [place.group],
        KeyName: 'quartermaster',
        IamInstanceProfile: { Name: 'quartermaster-worker' },
        MetadataOptions: { HttpTokens: 'required' },
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 30, VolumeType: 'gp3' } }],
        TagSpecifications: [
          { ResourceType: 'instance', Tags: [{ Key: 'role', Value: 'worker & <co>' }] },
          { ResourceType: 'volume', Tags: [{ Key: 'role', Value: 'worker' }] },
        ],
      }),
    );
    const ids = (answer.Instances ?? []).map((instance) => instance.InstanceId ?? '');
    expect(ids).toHaveLength(2);
    expect(answer.ReservationId).toMatch(/^r-[0-9a-f]{17}$/);
    expect(answer.Instances?.[0]).toMatchObject({
      InstanceId: expect.stringMatching(/^i-[0-9a-f]{17}$/),
      State: { Code: 0, Name: 'pending' },
      SubnetId: place.subnet,
      MetadataOptions: { HttpTokens: 'required', State: 'pending' },
      IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/quartermaster-worker' },
      Tags: [{ Key: 'role', Value: 'worker & <co>' }],
      PrivateIpAddress: expect.stringMatching(/^172\.31\.\d+\.\d+$/),
    });
    expect(answer.Instances?.[0]?.PublicIpAddress).toBeUndefined();
    expect(answer.Instances?.map((instance) => instance.AmiLaunchIndex)).toEqual([0, 1]);

    await eventually(async () => {
      const seen = await sandbox.ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
      const instances = seen.Reservations?.flatMap((reservation) => reservation.Instances ?? []) ?? [];
      expect(instances.map((instance) => instance.State?.Name)).toEqual(['running', 'running']);
      expect(instances[0]?.PublicIpAddress).toBeDefined();
      expect(instances[0]?.LaunchTime).toBeInstanceOf(Date);
    });
    const shown = await sandbox.get<{ root_volume: object }>(`instances/${ids[0] ?? ''}`);
    expect(shown.root_volume).toMatchObject({ sizeGb: 30, type: 'gp3', tags: { role: 'worker' } });
  });

  it('gives no public address in a subnet that maps none', async () => {
    const answer = await sandbox.ec2.send(launch({ SubnetId: place.otherSubnet }));
    const id = answer.Instances?.[0]?.InstanceId ?? '';
    await eventually(async () => {
      const seen = await sandbox.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      const instance = seen.Reservations?.[0]?.Instances?.[0];
      expect(instance?.State?.Name).toBe('running');
      expect(instance?.PublicIpAddress).toBeUndefined();
      expect(instance?.PrivateIpAddress).toMatch(/^10\.20\./);
    });
  });

  it.each<[string, Partial<RunInstancesCommandInput>, string, string]>([
    [
      'a malformed image id',
      { ImageId: 'ami-1' },
      'InvalidAMIID.Malformed',
      'Invalid id: "ami-1" (expecting "ami-...")',
    ],
    [
      'an unknown image',
      { ImageId: 'ami-00000000000000000' },
      'InvalidAMIID.NotFound',
      "The image id '[ami-00000000000000000]' does not exist",
    ],
    [
      'an unknown type',
      { InstanceType: 'c9.huge' as 't3.micro' },
      'InvalidParameterValue',
      "Invalid value 'c9.huge' for InstanceType.",
    ],
    [
      'a type of another architecture',
      { InstanceType: 't4g.micro' },
      'InvalidParameterValue',
      "The architecture 'arm64'",
    ],
    ['a minimum of none', { MinCount: 0 }, 'InvalidParameterValue', 'minCount'],
    ['a minimum above the maximum', { MinCount: 3, MaxCount: 2 }, 'InvalidParameterValue', 'maxCount'],
    [
      'an unknown subnet',
      { SubnetId: 'subnet-0123456789abcdef0' },
      'InvalidSubnetID.NotFound',
      "The subnet ID 'subnet-0123456789abcdef0' does not exist",
    ],
    [
      'an unknown group',
      { SecurityGroupIds: ['sg-0123456789abcdef0'] },
      'InvalidGroup.NotFound',
      "The security group 'sg-0123456789abcdef0' does not exist",
    ],
    ['an unknown key', { KeyName: 'mine' }, 'InvalidKeyPair.NotFound', "The key pair 'mine' does not exist"],
    [
      'an unknown profile',
      { IamInstanceProfile: { Name: 'nobody' } },
      'InvalidParameterValue',
      'Value (nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
    ],
    [
      'user data that is not base64',
      { UserData: '#include-once http://x' },
      'InvalidUserData.Malformed',
      'Invalid BASE64',
    ],
    [
      'user data above 16 KiB',
      { UserData: Buffer.alloc(16_385, 'x').toString('base64') },
      'InvalidParameterValue',
      'User data is limited to 16384 bytes',
    ],
    [
      'a root volume below the snapshot',
      { BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 4 } }] },
      'InvalidBlockDeviceMapping',
      'Volume of size 4GB is smaller than snapshot',
    ],
    ['a client token above 64 characters', { ClientToken: 'x'.repeat(65) }, 'InvalidClientToken', '64'],
    ['a client token that is not ASCII', { ClientToken: 'tökén' }, 'InvalidClientToken', '64'],
    [
      'a metadata option that does not exist',
      { MetadataOptions: { HttpTokens: 'maybe' as 'required' } },
      'InvalidParameterValue',
      'HttpTokens',
    ],
    ['a hop limit above 64', { MetadataOptions: { HttpPutResponseHopLimit: 65 } }, 'InvalidParameterValue', 'HopLimit'],
    [
      'a parameter that is not played',
      { LaunchTemplate: { LaunchTemplateName: 'x' } },
      'UnknownParameter',
      'The parameter LaunchTemplate.LaunchTemplateName is not recognized',
    ],
    [
      'credits for a type that has none',
      { InstanceType: 'm5.large', CreditSpecification: { CpuCredits: 'standard' } },
      'InstanceCreditSpecification.NotSupported',
      '',
    ],
  ])('refuses %s', async (_name, input, code, message) => {
    const before = (await sandbox.effects()).length;
    const refusal = await refusalOf(sandbox.ec2.send(launch(input)));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(message);
    expect(await sandbox.effects()).toHaveLength(before);
  });

  it('refuses a group of another network than the subnet, by both names', async () => {
    const refusal = await refusalOf(
      sandbox.ec2.send(launch({ SubnetId: place.otherSubnet, SecurityGroupIds: [place.group] })),
    );
    expect(refusal).toEqual({
      code: 'InvalidParameter',
      message: `Security group ${place.group} and subnet ${place.otherSubnet} belong to different networks.`,
    });
    const named = await refusalOf(sandbox.ec2.send(launch({ SubnetId: place.subnet, SecurityGroups: ['default'] })));
    expect(named.code).toBe('InvalidParameterCombination');
  });

  it.each<[string, { Key?: string; Value?: string }[], string]>([
    ['a reserved prefix', [{ Key: 'aws:x', Value: '1' }], 'InvalidParameterValue'],
    ['a key above 128 characters', [{ Key: 'k'.repeat(129), Value: '1' }], 'InvalidParameterValue'],
    ['a value above 256 characters', [{ Key: 'k', Value: 'v'.repeat(257) }], 'InvalidParameterValue'],
    [
      'the same key twice',
      [
        { Key: 'k', Value: '1' },
        { Key: 'k', Value: '2' },
      ],
      'InvalidParameterValue',
    ],
    ['51 tags', Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' })), 'TagLimitExceeded'],
    ['no tag at all', [], 'InvalidParameterValue'],
  ])('refuses tags with %s', async (_name, tags, code) => {
    const specification = { ResourceType: 'instance' as const, Tags: tags };
    expect((await refusalOf(sandbox.ec2.send(launch({ TagSpecifications: [specification] })))).code).toBe(code);
  });

  it('does nothing for a dry run but says that it would', async () => {
    const before = (await sandbox.effects()).length;
    expect((await refusalOf(sandbox.ec2.send(launch({ DryRun: true })))).code).toBe('DryRunOperation');
    expect(await sandbox.effects()).toHaveLength(before);
  });
});

describe('a client token', () => {
  it('answers the same reservation again, with its present state and without a new effect', async () => {
    const command = (): RunInstancesCommand => launch({ ClientToken: 'same', MinCount: 2, MaxCount: 2 });
    const first = await sandbox.ec2.send(command());
    const before = (await sandbox.effects('RunInstances')).length;
    const second = await sandbox.ec2.send(command());
    expect(second.ReservationId).toBe(first.ReservationId);
    expect(second.Instances?.map(({ InstanceId }) => InstanceId)).toEqual(
      first.Instances?.map(({ InstanceId }) => InstanceId),
    );
    expect(await sandbox.effects('RunInstances')).toHaveLength(before);
    const effect = (await sandbox.effects('RunInstances')).at(-1);
    expect(effect).toMatchObject({
      client_token: 'same',
      instance_ids: first.Instances?.map((each) => each.InstanceId),
    });
  });

  it('refuses other parameters under it, user data included', async () => {
    const userData = (text: string): string => Buffer.from(text).toString('base64');
    await sandbox.ec2.send(launch({ ClientToken: 'differs', UserData: userData('#!one') }));
    const refusal = await refusalOf(sandbox.ec2.send(launch({ ClientToken: 'differs', UserData: userData('#!two') })));
    expect(refusal).toEqual({
      code: 'IdempotentParameterMismatch',
      message: 'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    });
  });

  it('is over once an instance of it has been terminated', async () => {
    const command = (): RunInstancesCommand => launch({ ClientToken: 'gone' });
    const id = (await sandbox.ec2.send(command())).Instances?.[0]?.InstanceId ?? '';
    await sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await eventually(async () => {
      expect((await refusalOf(sandbox.ec2.send(command()))).code).toBe('IdempotentInstanceTerminated');
    });
  });

  it('counts within one availability zone where the subnet names one', async () => {
    const launchIn = (subnet: string): RunInstancesCommand => launch({ ClientToken: 'zonal', SubnetId: subnet });
    const first = await sandbox.ec2.send(launchIn(place.subnet));
    const other = await sandbox.ec2.send(launchIn(place.sameVpcOtherZone));
    expect(other.ReservationId).not.toBe(first.ReservationId);
    expect((await sandbox.ec2.send(launchIn(place.subnet))).ReservationId).toBe(first.ReservationId);
  });
});
