import type { Instance, InstanceStatus, StateReason } from '@aws-sdk/client-ec2';
import type { StackInstance } from '../stack.js';
import { idOf, readTaggedFleet } from './tagged-fleet.js';

const tagged = (InstanceId: string, tags: Record<string, string>, more: Partial<Instance> = {}): Instance => ({
  InstanceId,
  State: { Name: 'running' },
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  ...more,
});
const checks = (instance: string, system = 'ok'): InstanceStatus =>
  ({ InstanceStatus: { Status: instance }, SystemStatus: { Status: system } }) as InstanceStatus;

const API = { 'opsworks:stack': 'My App', 'opsworks:layer:api': 'API Server' };

function onlyInstance(instance: Instance, status?: InstanceStatus): StackInstance {
  const statuses = new Map(status === undefined ? [] : [['i-1', status]]);
  const [read] = readTaggedFleet([instance], statuses, 'us-east-1').instances;
  if (read === undefined) throw new Error('There is none');
  return read;
}

describe('stacks and layers, by tags', () => {
  it('are named by the tags, each once, under ids that are the same for every reader', () => {
    const instances = [tagged('i-1', API), tagged('i-2', { ...API, 'opsworks:layer:worker': '' })];
    const { stacks, layers, instances: members } = readTaggedFleet(instances, new Map(), 'us-east-1');
    expect(stacks).toEqual([{ StackId: idOf('us-east-1', 'My App'), Name: 'My App', Region: 'us-east-1' }]);
    expect(layers.map(({ Name, Shortname, StackId }) => [Name, Shortname, StackId])).toEqual([
      ['API Server', 'api', stacks[0]?.StackId],
      ['worker', 'worker', stacks[0]?.StackId],
    ]);
    expect(members.map(({ LayerIds }) => LayerIds)).toEqual([
      [layers[0]?.LayerId],
      [layers[0]?.LayerId, layers[1]?.LayerId],
    ]);
    expect(readTaggedFleet([...instances].reverse(), new Map(), 'us-east-1')).toEqual({
      stacks,
      layers,
      instances: members,
    });
  });

  it('have ids like OpsWorks’ own, other ones for other names and regions', () => {
    const ids = [idOf('us-east-1', 'a'), idOf('eu-west-1', 'a'), idOf('us-east-1', 'a', 'b'), idOf('us-east-1', 'ab')];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  });

  it('do without instances that are terminated or of no stack', () => {
    const gone = tagged('i-1', API, { State: { Name: 'terminated' } });
    const strange = tagged('i-2', { 'opsworks:layer:api': 'API Server' });
    expect(readTaggedFleet([gone, strange], new Map(), 'us-east-1')).toEqual({
      stacks: [],
      layers: [],
      instances: [],
    });
  });
});

describe('an instance, by its tags', () => {
  it.each([
    ['the tag that OpsWorks gave it', { 'opsworks:instance': 'api1', Name: 'My App - api2' }, 'api1'],
    ['what follows the stack in its Name', { Name: 'My App - api2' }, 'api2'],
    ['its whole Name, where that begins otherwise', { Name: 'Another - api2' }, 'Another - api2'],
    ['its private DNS name, without the domain', {}, 'ip-10-0-0-1'],
    ['the same, where the tags are empty', { Name: '', 'opsworks:instance': '' }, 'ip-10-0-0-1'],
  ])('has as its host name %s', (_what, tags, hostname) => {
    const PrivateDnsName = 'ip-10-0-0-1.ec2.internal';
    expect(onlyInstance(tagged('i-1', { ...API, ...tags }, { PrivateDnsName })).Hostname).toBe(hostname);
  });

  it('has its id as host name where nothing else names it', () => {
    expect(onlyInstance(tagged('i-1', API)).Hostname).toBe('i-1');
  });

  it('tells in OpsWorks’ words what EC2 knows, and leaves out what it does not', () => {
    const more: Partial<Instance> = {
      ImageId: 'ami-1',
      InstanceType: 'm5.large',
      KeyName: 'ops',
      LaunchTime: new Date('2026-01-02T03:04:05Z'),
      Placement: { AvailabilityZone: 'us-east-1a' },
      PrivateIpAddress: '10.0.0.1',
      PublicIpAddress: '',
      RootDeviceType: 'ebs',
      SecurityGroups: [{ GroupId: 'sg-1', GroupName: 'default' }],
      SubnetId: 'subnet-1',
    };
    const instance = onlyInstance(tagged('i-1', { ...API, Name: 'My App - api1' }, more), checks('ok'));
    expect(instance).toEqual({
      InstanceId: 'i-1',
      Ec2InstanceId: 'i-1',
      StackId: idOf('us-east-1', 'My App'),
      LayerIds: [idOf('us-east-1', 'My App', 'api')],
      Hostname: 'api1',
      Status: 'online',
      AmiId: 'ami-1',
      AvailabilityZone: 'us-east-1a',
      CreatedAt: '2026-01-02T03:04:05.000Z',
      InstanceType: 'm5.large',
      PrivateIp: '10.0.0.1',
      RootDeviceType: 'ebs',
      SecurityGroupIds: ['sg-1'],
      SshKeyName: 'ops',
      SubnetId: 'subnet-1',
    });
  });
});

describe('the status of an instance, by tags', () => {
  it.each([
    ['both checks are ok', checks('ok'), 'online'],
    ['nothing is known of its checks yet', undefined, 'running_setup'],
    ['a check has only begun', checks('initializing'), 'running_setup'],
    ['a check has too few data', checks('ok', 'insufficient-data'), 'running_setup'],
    ['its own check fails', checks('impaired'), 'connection_lost'],
    ['the check of its host fails', checks('initializing', 'impaired'), 'connection_lost'],
  ])('that runs, where %s', (_what, status, expected) => {
    expect(onlyInstance(tagged('i-1', API), status).Status).toBe(expected);
  });

  it.each([
    ['pending', 'booting'],
    ['stopping', 'stopping'],
    ['stopped', 'stopped'],
    ['shutting-down', 'terminating'],
  ] as const)('in EC2’s state %s is %s', (Name, expected) => {
    expect(onlyInstance(tagged('i-1', API, { State: { Name } })).Status).toBe(expected);
  });

  it.each([
    ['Server.InsufficientInstanceCapacity', 'start_failed'],
    ['Server.InternalError', 'start_failed'],
    ['Client.InternalError', 'start_failed'],
    ['Client.VolumeLimitExceeded', 'start_failed'],
    ['Client.InvalidSnapshot.NotFound', 'start_failed'],
    ['Client.UserInitiatedShutdown', 'stopped'],
    ['Client.InstanceInitiatedShutdown', 'stopped'],
    ['Server.ScheduledStop', 'stopped'],
    ['Server.SpotInstanceShutdown', 'stopped'],
  ])('that is stopped for %s is %s', (Code, expected) => {
    const StateReason: StateReason = { Code };
    expect(onlyInstance(tagged('i-1', API, { State: { Name: 'stopped' }, StateReason })).Status).toBe(expected);
  });
});
