import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
} from '@aws-sdk/client-ec2';
import { eventually } from '@quartermaster/testing';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off', SANDBOX_STOP_MS: '200', SANDBOX_BOOT_MS: '200' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
});
afterAll(() => sandbox.stop());

const stop = (...ids: string[]): Promise<unknown> => sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: ids }));
const start = (...ids: string[]): Promise<unknown> => sandbox.ec2.send(new StartInstancesCommand({ InstanceIds: ids }));

async function seed(tags: Record<string, string> = {}): Promise<string> {
  const { body } = await sandbox.send('POST', 'seed', { instances: 1, tags });
  return (body as { instance_ids: string[] }).instance_ids[0] ?? '';
}

async function describe1(id: string): Promise<Instance> {
  const answer = await sandbox.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const instance = answer.Reservations?.[0]?.Instances?.[0];
  if (instance === undefined) throw new Error('no instance');
  return instance;
}

const until = (id: string, state: string): Promise<void> =>
  eventually(async () => expect((await describe1(id)).State?.Name).toBe(state));

describe('StopInstances and StartInstances', () => {
  it('take time, answer both states, and give a new public address', async () => {
    const id = await seed();
    const before = await describe1(id);
    expect(before.PublicIpAddress).toMatch(/^198\.18\./);
    const stopping = await sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect(stopping.StoppingInstances).toEqual([
      { InstanceId: id, PreviousState: { Code: 16, Name: 'running' }, CurrentState: { Code: 64, Name: 'stopping' } },
    ]);
    await until(id, 'stopped');
    const stopped = await describe1(id);
    expect(stopped.PublicIpAddress).toBeUndefined();
    expect(stopped.PrivateIpAddress).toBe(before.PrivateIpAddress);
    expect(stopped.StateReason?.Code).toBe('Client.UserInitiatedShutdown');
    expect(stopped.StateTransitionReason).toMatch(/^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/);

    const starting = await sandbox.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    expect(starting.StartingInstances).toEqual([
      { InstanceId: id, PreviousState: { Code: 80, Name: 'stopped' }, CurrentState: { Code: 0, Name: 'pending' } },
    ]);
    await until(id, 'running');
    const after = await describe1(id);
    expect(after.PublicIpAddress).toMatch(/^198\.18\./);
    expect(after.PublicIpAddress).not.toBe(before.PublicIpAddress);
    expect(after.StateReason).toBeUndefined();
    expect(after.LaunchTime?.getTime()).toBeGreaterThan(before.LaunchTime?.getTime() ?? 0);

    const { transitions } = await sandbox.instance(id);
    expect(transitions.map(({ state }) => state)).toEqual([
      'pending',
      'running',
      'stopping',
      'stopped',
      'pending',
      'running',
    ]);
  });

  it('are no error and no effect for what is there already', async () => {
    const id = await seed();
    await start(id);
    await stop(id);
    await stop(id);
    await until(id, 'stopped');
    await stop(id);
    expect(await sandbox.effects('StartInstances')).toEqual([]);
    expect(await sandbox.effects('StopInstances')).toMatchObject([{ service: 'ec2', instance_ids: [id] }]);
    await start(id);
    await start(id);
    expect(await sandbox.effects('StartInstances')).toMatchObject([{ instance_ids: [id], hostnames: [null] }]);
  });

  it('refuse the whole call where one instance is in the wrong state', async () => {
    const [id, other] = [await seed(), await seed()];
    sandbox.clock.hold();
    await stop(id);
    expect(await refusalOf(start(id))).toEqual({
      code: 'IncorrectInstanceState',
      message: `The instance '${id}' is not in a state from which it can be started.`,
    });
    await sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(await refusalOf(stop(other, id))).toEqual({
      code: 'IncorrectInstanceState',
      message: `This instance '${id}' is not in a state from which it can be stopped.`,
    });
    expect((await describe1(other)).State?.Name).toBe('running');
  });

  it('refuse to stop one that has never run, but not one that comes up again', async () => {
    const { images } = await sandbox.resources();
    sandbox.clock.hold();
    const launched = await sandbox.ec2.send(
      new RunInstancesCommand({ ImageId: images[0]?.id, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 }),
    );
    const id = launched.Instances?.[0]?.InstanceId ?? '';
    expect(await refusalOf(stop(id))).toEqual({
      code: 'IncorrectInstanceState',
      message: `Instance '${id}' cannot be stopped as it has never reached the 'running' state.`,
    });
    sandbox.clock.go();
    await until(id, 'running');
    await stop(id);
    await until(id, 'stopped');
    await start(id);
    await stop(id);
    await until(id, 'stopped');
  });

  it('refuse an instance-store root, in the words of EC2', async () => {
    const layers = [{ name: 'Cache', shortname: 'cache', instances: 1, root_device: 'instance-store' }];
    const { instances } = await sandbox.addStack({ name: 'old', layers });
    const id = instances[0]?.ec2_instance_id ?? '';
    expect(await refusalOf(stop(id))).toEqual({
      code: 'UnsupportedOperation',
      message: `The instance '${id}' does not have an 'ebs' root device type and cannot be stopped.`,
    });
    const shown = await describe1(id);
    expect(shown.RootDeviceType).toBe('instance-store');
    expect(shown.BlockDeviceMappings ?? []).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['no ids', { InstanceIds: [] }, 'MissingParameter'],
    ['a malformed id', { InstanceIds: ['i-x'] }, 'InvalidInstanceID.Malformed'],
    ['an unknown id', { InstanceIds: ['i-00000000000000000'] }, 'InvalidInstanceID.NotFound'],
    ['hibernation', { Hibernate: true }, 'UnsupportedOperation'],
    ['a dry run', { DryRun: true }, 'DryRunOperation'],
    ['a parameter that is not played', { SkipOsShutdown: true }, 'UnknownParameter'],
  ])('refuse %s', async (_name, input, code) => {
    const id = await seed();
    const call = sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [id], ...input }));
    expect((await refusalOf(call)).code).toBe(code);
    expect((await describe1(id)).State?.Name).toBe('running');
    await sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [id], Hibernate: false }));
  });

  it('replace an instance of an auto-scaling group, which is told from others by its tag', async () => {
    const layers = [{ name: 'Web', shortname: 'web', instances: 1, auto_scaling_group: 'legacy-web' }];
    const { instances } = await sandbox.addStack({ name: 'scaled', layers });
    const [{ ec2_instance_id: id, hostname } = { ec2_instance_id: '', hostname: '' }] = instances;
    await Promise.all([stop(id), stop(id)]);
    await eventually(async () => expect(await sandbox.effects('ReplaceInstance')).toHaveLength(1));
    const [effect] = await sandbox.effects('ReplaceInstance');
    expect(effect).toMatchObject({
      service: 'autoscaling',
      auto_scaling_group: 'legacy-web',
      terminated_instance_id: id,
      hostname,
    });
    await until(id, 'terminated');
    const successor = String(effect?.['launched_instance_id']);
    await until(successor, 'running');
    expect((await sandbox.instance(successor)).opsworks).toMatchObject({ hostname: 'web1', stack: 'scaled' });
    const tags = new Map((await describe1(successor)).Tags?.map(({ Key, Value }) => [Key, Value]));
    expect(tags.get('aws:autoscaling:groupName')).toBe('legacy-web');
  });
});

describe('faults of starting and stopping', () => {
  const fault = async (body: object): Promise<void> => {
    expect((await sandbox.send('POST', 'faults', body)).status).toBe(201);
  };
  const restart = async (id: string): Promise<void> => {
    await stop(id);
    await until(id, 'stopped');
    sandbox.clock.hold();
    await start(id);
  };

  it('start-failed: it is stopped again, and says why', async () => {
    const id = await seed();
    await fault({ kind: 'start-failed', count: 1 });
    await restart(id);
    expect((await describe1(id)).State?.Name).toBe('pending');
    sandbox.clock.go();
    await until(id, 'stopped');
    expect((await describe1(id)).StateReason).toEqual({
      Code: 'Server.InternalError',
      Message: 'Server.InternalError: Internal error on launch',
    });
    await start(id);
    await until(id, 'running');
  });

  it('stuck: for ever in stopping until it is forced', async () => {
    const id = await seed();
    await fault({ kind: 'stuck', action: 'StopInstances', instance: id });
    sandbox.clock.hold();
    await stop(id);
    sandbox.clock.pass(3_600_000);
    expect((await describe1(id)).State?.Name).toBe('stopping');
    sandbox.clock.go();
    await sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [id], Force: true }));
    await until(id, 'stopped');
    expect(await sandbox.effects('StopInstances')).toMatchObject([{ force: false }, { force: true }]);
  });

  it('stuck: so much longer in pending, and only the instance that is named', async () => {
    const [id, other] = [await seed(), await seed()];
    await stop(id, other);
    await until(other, 'stopped');
    await fault({ kind: 'stuck', action: 'StartInstances', instance: id, ms: 600 });
    sandbox.clock.hold();
    await start(id, other);
    sandbox.clock.pass(700);
    expect((await describe1(other)).State?.Name).toBe('running');
    expect((await describe1(id)).State?.Name).toBe('pending');
    sandbox.clock.pass(100);
    expect((await describe1(id)).State?.Name).toBe('running');
  });

  it('no-capacity: for a start too', async () => {
    const id = await seed();
    await stop(id);
    await until(id, 'stopped');
    await fault({ kind: 'no-capacity', action: 'StartInstances', count: 1 });
    expect((await refusalOf(start(id))).code).toBe('InsufficientInstanceCapacity');
    expect((await describe1(id)).State?.Name).toBe('stopped');
  });
});
