import { DescribeInstancesCommand, StartInstanceCommand, StopInstanceCommand } from '@aws-sdk/client-opsworks';
import {
  DescribeInstancesCommand as DescribeEc2Command,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { eventually } from '@quartermaster/testing';
import { refusalOf, startSandbox, type AddedStack, type StartedSandbox } from '../testing/started-sandbox.js';

type Member = AddedStack['instances'][number];

let sandbox: StartedSandbox;
let first: Member;
let second: Member;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off', SANDBOX_STOP_MS: '200', SANDBOX_BOOT_MS: '200' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
  const layers = [{ name: 'API Server', shortname: 'api', instances: 2 }];
  const { instances } = await sandbox.addStack({ name: 'mobile-app', layers });
  [first, second] = instances as [Member, Member];
});
afterAll(() => sandbox.stop());

const stop = ({ instance_id: id }: Member, Force?: boolean): Promise<unknown> =>
  sandbox.opsWorks.send(new StopInstanceCommand({ InstanceId: id, Force }));
const start = ({ instance_id: id }: Member): Promise<unknown> =>
  sandbox.opsWorks.send(new StartInstanceCommand({ InstanceId: id }));

async function statusOf({ instance_id: id }: Member): Promise<string | undefined> {
  const answer = await sandbox.opsWorks.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return answer.Instances?.[0]?.Status;
}

async function ec2StateOf({ ec2_instance_id: id }: Member): Promise<string | undefined> {
  const answer = await sandbox.ec2.send(new DescribeEc2Command({ InstanceIds: [id] }));
  return answer.Reservations?.[0]?.Instances?.[0]?.State?.Name;
}

const until = (member: Member, status: string): Promise<void> =>
  eventually(async () => expect(await statusOf(member)).toBe(status));

const fault = async (body: object): Promise<void> => {
  expect((await sandbox.send('POST', 'faults', body)).status).toBe(201);
};

describe('StopInstance and StartInstance', () => {
  it('go through every status, which the timeline keeps, and are one effect each', async () => {
    sandbox.clock.hold();
    await stop(first);
    expect(await statusOf(first)).toBe('stopping');
    sandbox.clock.go();
    await until(first, 'stopped');
    await start(first);
    await until(first, 'online');
    const { opsworks_transitions: steps, transitions } = await sandbox.instance(first.instance_id);
    expect(steps.map(({ state }) => state)).toEqual(
      'requested booting running_setup online stopping stopped requested booting running_setup online'.split(' '),
    );
    expect(transitions.map(({ state }) => state)).toEqual(
      'pending running stopping stopped pending running'.split(' '),
    );
    expect(await sandbox.effects()).toMatchObject([
      {
        service: 'opsworks',
        action: 'StopInstance',
        instance_id: first.instance_id,
        ec2_instance_id: first.ec2_instance_id,
        hostname: 'api1',
        stack: 'mobile-app',
        force: false,
      },
      { service: 'opsworks', action: 'StartInstance', instance_ids: [first.ec2_instance_id], hostnames: ['api1'] },
    ]);
  });

  it('are one truth with EC2, both ways', async () => {
    sandbox.clock.hold();
    await stop(first);
    expect(await ec2StateOf(first)).toBe('stopping');
    sandbox.clock.go();
    await until(first, 'stopped');
    sandbox.clock.hold();
    await sandbox.ec2.send(new StartInstancesCommand({ InstanceIds: [first.ec2_instance_id] }));
    expect(['requested', 'booting']).toContain(await statusOf(first));
    sandbox.clock.go();
    await until(first, 'online');
    expect(await ec2StateOf(first)).toBe('running');
    await sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [first.ec2_instance_id] }));
    await until(first, 'stopped');
    expect((await sandbox.effects()).map(({ action, hostnames }) => [action, hostnames])).toEqual([
      ['StopInstance', ['api1']],
      ['StartInstances', ['api1']],
      ['StopInstances', ['api1']],
    ]);
  });

  it('refuse what the status does not allow', async () => {
    expect(await refusalOf(start(first))).toEqual({
      code: 'ValidationException',
      message: `Instance ${first.instance_id} cannot be started while its status is online`,
    });
    sandbox.clock.hold();
    await stop(first);
    expect((await refusalOf(stop(first))).code).toBe('ValidationException');
    expect((await refusalOf(start(first))).code).toBe('ValidationException');
    sandbox.clock.go();
    await until(first, 'stopped');
    expect((await refusalOf(stop(first))).code).toBe('ValidationException');
    expect(await sandbox.effects()).toHaveLength(1);
  });

  it('with Force let OpsWorks forget an EBS-backed instance, and EC2 keep it running', async () => {
    await stop(first, true);
    expect((await refusalOf(statusOf(first))).code).toBe('ResourceNotFoundException');
    expect(await ec2StateOf(first)).toBe('running');
    expect(await sandbox.effects('StopInstance')).toMatchObject([{ force: true, disassociated: true }]);
  });

  it('refuse an instance-store root', async () => {
    const layers = [{ name: 'Cache', shortname: 'cache', instances: 1, root_device: 'instance-store' }];
    const { instances } = await sandbox.addStack({ name: 'legacy', layers });
    expect((await refusalOf(stop(instances[0] as Member))).code).toBe('ValidationException');
  });
});

describe('faults of starting and stopping', () => {
  it('start-failed: the named host ends there, and can be started again', async () => {
    await fault({ kind: 'start-failed', service: 'opsworks', instance: 'api1', count: 1 });
    for (const member of [first, second]) {
      await stop(member);
      await until(member, 'stopped');
      await start(member);
    }
    await until(second, 'online');
    await until(first, 'start_failed');
    expect(await ec2StateOf(first)).toBe('stopped');
    await start(first);
    await until(first, 'online');
  });

  it('start-failed can be stopped, which takes the failure off', async () => {
    await fault({ kind: 'start-failed', instance: first.ec2_instance_id, count: 1 });
    await stop(first);
    await until(first, 'stopped');
    await start(first);
    await until(first, 'start_failed');
    await stop(first);
    expect(await statusOf(first)).toBe('stopped');
  });

  it('setup-failed: EC2 runs it, OpsWorks does not have it online', async () => {
    await fault({ kind: 'setup-failed', instance: first.instance_id, count: 1 });
    await stop(first);
    await until(first, 'stopped');
    await start(first);
    await until(first, 'setup_failed');
    expect(await ec2StateOf(first)).toBe('running');
    await stop(first);
    await until(first, 'stopped');
  });

  it('stuck: stays in stopping for so much longer', async () => {
    await fault({ kind: 'stuck', action: 'StopInstance', ms: 500, count: 1 });
    sandbox.clock.hold();
    await stop(first);
    sandbox.clock.pass(600);
    expect(await statusOf(first)).toBe('stopping');
    sandbox.clock.pass(100);
    expect(await statusOf(first)).toBe('stopped');
  });

  it('drop-answer: it stops all the same', async () => {
    await fault({ kind: 'drop-answer', service: 'opsworks', action: 'StopInstance', count: 1 });
    await refusalOf(stop(first));
    await until(first, 'stopped');
    expect(await sandbox.effects('StopInstance')).toHaveLength(1);
  });
});
