import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type AuthorizeSecurityGroupIngressCommandInput,
  type CreateSecurityGroupCommandInput,
} from '@aws-sdk/client-ec2';
import { refusalOf, startSandbox, type Resources, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;
let resources: Resources;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
  resources = await sandbox.resources();
});
afterAll(() => sandbox.stop());

async function create(input: Partial<CreateSecurityGroupCommandInput> = {}): Promise<string> {
  const answer = await sandbox.ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'build-1', Description: 'of a build', ...input }),
  );
  return answer.GroupId ?? '';
}

const ssh = (...cidrs: string[]): AuthorizeSecurityGroupIngressCommandInput['IpPermissions'] => [
  { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: cidrs.map((CidrIp) => ({ CidrIp })) },
];
const authorize = (
  GroupId: string,
  IpPermissions: AuthorizeSecurityGroupIngressCommandInput['IpPermissions'],
): Promise<unknown> => sandbox.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));

describe('CreateSecurityGroup', () => {
  it('makes a group with tags in the VPC that is named, else in the default one', async () => {
    const other = resources.vpcs.find((vpc) => !vpc.default)?.id;
    const id = await create({
      VpcId: other,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'quartermaster:build', Value: 'b' }] }],
    });
    const inDefault = await create();
    expect(id).toMatch(/^sg-[0-9a-f]{17}$/);
    const by = async (Name: string, Value = ''): Promise<(string | undefined)[]> => {
      const answer = await sandbox.ec2.send(
        new DescribeSecurityGroupsCommand({ Filters: [{ Name, Values: [Value] }] }),
      );
      return (answer.SecurityGroups ?? []).map((group) => group.GroupId);
    };
    expect(await by('tag:quartermaster:build', 'b')).toEqual([id]);
    expect(await by('group-name', 'build-?')).toEqual([id, inDefault]);
    expect(await by('vpc-id', other)).toContain(id);
    expect(await by('group-id', inDefault)).toEqual([inDefault]);
    expect(await sandbox.effects('CreateSecurityGroup')).toMatchObject([
      { group_id: id, tags: { 'quartermaster:build': 'b' } },
      { group_id: inDefault },
    ]);
  });

  it('refuses a name that the VPC has', async () => {
    await create();
    const vpc = resources.vpcs.find((each) => each.default)?.id;
    expect(await refusalOf(create())).toEqual({
      code: 'InvalidGroup.Duplicate',
      message: `The security group 'build-1' already exists for VPC '${vpc ?? ''}'`,
    });
  });

  it.each<[string, Partial<CreateSecurityGroupCommandInput>, string]>([
    ['a name like an id', { GroupName: 'sg-mine' }, 'InvalidParameterValue'],
    ['the reserved name', { GroupName: 'default' }, 'InvalidParameterValue'],
    ['a name above 255 characters', { GroupName: 'x'.repeat(256) }, 'InvalidParameterValue'],
    ['a description that is not ASCII', { Description: 'für einen' }, 'InvalidParameterValue'],
    ['an empty description', { Description: '' }, 'MissingParameter'],
    ['an unknown VPC', { VpcId: 'vpc-0123456789abcdef0' }, 'InvalidVpcID.NotFound'],
    [
      'tags of another kind',
      { TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }] },
      'InvalidParameterValue',
    ],
  ])('refuses %s', async (_name, input, code) => {
    expect((await refusalOf(create(input))).code).toBe(code);
  });
});

describe('AuthorizeSecurityGroupIngress', () => {
  it('adds rules, in canonical form, and shows them', async () => {
    const id = await create();
    await authorize(id, ssh('10.1.2.3/8', '172.16.0.0/12'));
    const answer = await sandbox.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
    expect(answer.SecurityGroups?.[0]?.IpPermissions).toMatchObject([
      {
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '172.16.0.0/12' }],
      },
    ]);
  });

  it('refuses the whole request where one rule is there already', async () => {
    const id = await create();
    await authorize(id, ssh('10.0.0.0/8'));
    expect(await refusalOf(authorize(id, ssh('192.168.0.0/16', '10.0.0.0/8')))).toEqual({
      code: 'InvalidPermission.Duplicate',
      message: 'the specified rule "peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW" already exists',
    });
    expect(await sandbox.effects('AuthorizeSecurityGroupIngress')).toHaveLength(1);
    expect((await refusalOf(authorize(id, ssh('1.0.0.0/8', '1.0.0.0/8')))).code).toBe('InvalidParameterValue');
  });

  it.each<[string, AuthorizeSecurityGroupIngressCommandInput['IpPermissions'], string]>([
    ['no rules', [], 'MissingParameter'],
    ['a malformed block', ssh('10.0.0.0/33'), 'InvalidParameterValue'],
    ['a single address', ssh('10.0.0.1'), 'InvalidParameterValue'],
    ['TCP without ports', [{ IpProtocol: 'tcp', IpRanges: [{ CidrIp: '10.0.0.0/8' }] }], 'InvalidParameterValue'],
    [
      'ports the wrong way round',
      [{ IpProtocol: 'tcp', FromPort: 23, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
      'InvalidParameterValue',
    ],
    [
      'an unknown protocol',
      [{ IpProtocol: 'ssh', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
      'InvalidParameterValue',
    ],
    [
      'more rules than a group holds',
      ssh(...Array.from({ length: 61 }, (_, index) => `10.${index}.0.0/16`)),
      'RulesPerSecurityGroupLimitExceeded',
    ],
  ])('refuses %s', async (_name, permissions, code) => {
    expect((await refusalOf(authorize(await create(), permissions))).code).toBe(code);
  });
});

describe('DeleteSecurityGroup', () => {
  it('removes it once; then it is not found', async () => {
    const id = await create();
    await sandbox.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }));
    expect(await refusalOf(sandbox.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })))).toEqual({
      code: 'InvalidGroup.NotFound',
      message: `The security group '${id}' does not exist`,
    });
    expect((await refusalOf(sandbox.ec2.send(new DeleteSecurityGroupCommand({ GroupId: 'sg-1' })))).code).toBe(
      'InvalidGroupId.Malformed',
    );
    expect(await sandbox.effects('DeleteSecurityGroup')).toHaveLength(1);
  });

  it('is refused while an interface lingers after its instance, or another group names it', async () => {
    const id = await create();
    const launched = await sandbox.ec2.send(
      new RunInstancesCommand({
        ImageId: resources.images[0]?.id,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        SecurityGroupIds: [id],
      }),
    );
    const remove = (): Promise<unknown> => sandbox.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }));
    expect(await refusalOf(remove())).toEqual({
      code: 'DependencyViolation',
      message: `resource ${id} has a dependent object`,
    });
    const instance = launched.Instances?.[0]?.InstanceId ?? '';
    sandbox.clock.hold();
    await sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance] }));
    sandbox.clock.pass(100);
    expect((await sandbox.get<{ state: string }>(`instances/${instance}`)).state).toBe('terminated');
    expect((await refusalOf(remove())).code).toBe('DependencyViolation');

    const other = await create({ GroupName: 'other' });
    await authorize(other, [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: id }] }]);
    sandbox.clock.pass(200);
    expect((await refusalOf(remove())).code).toBe('DependencyViolation');
    await sandbox.ec2.send(new DeleteSecurityGroupCommand({ GroupId: other }));
    await remove();
  });

  it('never removes a default group', async () => {
    const standard = resources.security_groups.find((group) => group.name === 'default')?.id ?? '';
    expect(await refusalOf(sandbox.ec2.send(new DeleteSecurityGroupCommand({ GroupId: standard })))).toEqual({
      code: 'CannotDelete',
      message: `the specified group: "${standard}" name: "default" cannot be deleted by a user`,
    });
  });
});

describe('DescribeSecurityGroups', () => {
  it('finds names in the default VPC only', async () => {
    await create({ VpcId: resources.vpcs.find((vpc) => !vpc.default)?.id });
    const refusal = await refusalOf(sandbox.ec2.send(new DescribeSecurityGroupsCommand({ GroupNames: ['build-1'] })));
    expect(refusal.code).toBe('InvalidGroup.NotFound');
    expect(refusal.message).toContain("does not exist in default VPC 'vpc-");
  });
});
