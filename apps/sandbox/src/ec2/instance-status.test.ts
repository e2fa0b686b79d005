import {
  DescribeInstanceStatusCommand,
  paginateDescribeInstanceStatus,
  StartInstancesCommand,
  StopInstancesCommand,
  type DescribeInstanceStatusCommandInput,
  type InstanceStatus,
} from '@aws-sdk/client-ec2';
import { eventually } from '@quartermaster/testing';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off', SANDBOX_STOP_MS: '200', SANDBOX_CHECKS_MS: '300' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
});
afterAll(() => sandbox.stop());

async function statuses(input: DescribeInstanceStatusCommandInput): Promise<InstanceStatus[]> {
  return (await sandbox.ec2.send(new DescribeInstanceStatusCommand(input))).InstanceStatuses ?? [];
}

async function seed(instances = 1): Promise<string[]> {
  const { body } = await sandbox.send('POST', 'seed', { instances });
  return (body as { instance_ids: string[] }).instance_ids;
}

const summary = (status: InstanceStatus | undefined): (string | undefined)[] => [
  status?.InstanceState?.Name,
  status?.InstanceStatus?.Status,
  status?.InstanceStatus?.Details?.[0]?.Status,
  status?.SystemStatus?.Status,
  status?.SystemStatus?.Details?.[0]?.Status,
];

describe('DescribeInstanceStatus', () => {
  it('follows an instance down and up: checks are initializing for a while', async () => {
    const [id = ''] = await seed();
    const read = async (): Promise<(string | undefined)[]> =>
      summary((await statuses({ InstanceIds: [id], IncludeAllInstances: true }))[0]);
    expect(await read()).toEqual(['running', 'ok', 'passed', 'ok', 'passed']);
    sandbox.clock.hold();
    await sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect(await read()).toEqual(['stopping', 'not-applicable', undefined, 'not-applicable', undefined]);
    sandbox.clock.pass(200);
    expect((await read())[0]).toBe('stopped');
    await sandbox.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    sandbox.clock.pass(100);
    expect(await read()).toEqual(['running', 'initializing', 'initializing', 'initializing', 'initializing']);
    sandbox.clock.go();
    await eventually(async () => expect(await read()).toEqual(['running', 'ok', 'passed', 'ok', 'passed']));
    const { check_transitions: checks } = await sandbox.instance(id);
    expect(checks.map(({ state }) => state)).toEqual(['initializing', 'ok', 'not-applicable', 'initializing', 'ok']);
  });

  it('leaves out what does not run unless it is asked for all', async () => {
    const [id = '', other = ''] = await seed(2);
    await sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    const ids = async (input: object): Promise<(string | undefined)[]> =>
      (await statuses({ InstanceIds: [id, other], ...input })).map(({ InstanceId }) => InstanceId);
    expect(await ids({})).toEqual([other]);
    expect(await ids({ IncludeAllInstances: true })).toEqual([id, other]);
  });

  it('setup-failed: runs, but the instance check is impaired', async () => {
    const [id = ''] = await seed();
    await sandbox.send('POST', 'faults', { kind: 'setup-failed', instance: id });
    await sandbox.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await eventually(async () => expect(await statuses({ InstanceIds: [id] })).toEqual([]));
    await eventually(() => sandbox.ec2.send(new StartInstancesCommand({ InstanceIds: [id] })));
    await eventually(async () =>
      expect(summary((await statuses({ InstanceIds: [id] }))[0])).toEqual([
        'running',
        'impaired',
        'failed',
        'ok',
        'passed',
      ]),
    );
  });

  it('filters by states and checks', async () => {
    const by = async (Name: string, ...Values: string[]): Promise<number> =>
      (await statuses({ Filters: [{ Name, Values }], IncludeAllInstances: true })).length;
    expect(await by('instance-state-name', 'running')).toBe(4);
    expect(await by('instance-state-code', '16')).toBe(4);
    expect(await by('instance-status.status', 'ok')).toBe(4);
    expect(await by('instance-status.reachability', 'passed')).toBe(4);
    expect(await by('system-status.status', 'impaired')).toBe(0);
    expect(await by('system-status.reachability', 'passed')).toBe(4);
    expect(await by('availability-zone', 'us-east-1b')).toBeGreaterThan(0);
  });

  it('has pages', async () => {
    await seed(9);
    const sizes: number[] = [];
    for await (const page of paginateDescribeInstanceStatus({ client: sandbox.ec2, pageSize: 5 }, {})) {
      sizes.push(page.InstanceStatuses?.length ?? 0);
    }
    expect(sizes).toEqual([5, 5, 3]);
  });

  it.each<[string, DescribeInstanceStatusCommandInput, string]>([
    ['ids beside MaxResults', { InstanceIds: ['i-00000000000000000'], MaxResults: 5 }, 'InvalidParameterCombination'],
    ['ids beside NextToken', { InstanceIds: ['i-00000000000000000'], NextToken: 'x' }, 'InvalidParameterCombination'],
    ['an unknown id', { InstanceIds: ['i-00000000000000000'] }, 'InvalidInstanceID.NotFound'],
    ['small pages', { MaxResults: 4 }, 'InvalidParameterValue'],
    ['an unknown filter', { Filters: [{ Name: 'image-id', Values: ['x'] }] }, 'InvalidParameterValue'],
    ['tags, which it does not filter by', { Filters: [{ Name: 'tag:Name', Values: ['x'] }] }, 'InvalidParameterValue'],
    [
      'more than 100 ids',
      { InstanceIds: Array.from({ length: 101 }, (_, index) => `i-${String(index).padStart(17, '0')}`) },
      'InvalidParameterValue',
    ],
  ])('refuses %s', async (_name, input, code) => {
    expect((await refusalOf(statuses(input))).code).toBe(code);
  });
});
