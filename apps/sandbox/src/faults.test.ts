import {
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { refusalOf, startSandbox, type StartedSandbox } from './testing/started-sandbox.js';

let sandbox: StartedSandbox;
let image: string;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
  image = (await sandbox.resources()).images[0]?.id ?? '';
});
afterAll(() => sandbox.stop());

const fault = async (body: object): Promise<string> => {
  const answer = await sandbox.send('POST', 'faults', body);
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
};
const launch = (token?: string): RunInstancesCommand =>
  new RunInstancesCommand({ ImageId: image, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, ClientToken: token });

describe('faults', () => {
  it('drop-answer: the effect is there, the answer is not, and the same token finds it again', async () => {
    await fault({ kind: 'drop-answer', service: 'ec2', action: 'RunInstances', count: 1 });
    await refusalOf(sandbox.ec2.send(launch('once')));
    expect(await sandbox.effects('RunInstances')).toHaveLength(1);
    const answer = await sandbox.ec2.send(launch('once'));
    const effects = await sandbox.effects('RunInstances');
    expect(effects).toMatchObject([{ instance_ids: [answer.Instances?.[0]?.InstanceId] }]);
    const { log } = await sandbox.requests();
    expect(log.map(({ outcome }) => outcome)).toEqual(['dropped-after', 'ok']);
  });

  it('drop-answer is outlived by the retries of the client itself', async () => {
    await fault({ kind: 'drop-answer', action: 'RunInstances', count: 2 });
    const client = sandbox.ec2With({ maxAttempts: 3 });
    await client.send(launch());
    client.destroy();
    expect(await sandbox.effects('RunInstances')).toHaveLength(1);
  });

  it('down: the connection ends before any effect', async () => {
    await fault({ kind: 'down', service: 'ec2', count: 1 });
    await refusalOf(sandbox.ec2.send(launch()));
    expect(await sandbox.effects()).toEqual([]);
    await sandbox.ec2.send(launch());
  });

  it('throttle: RequestLimitExceeded with 503 for a share of the calls, the same share for the same seed', async () => {
    await fault({ kind: 'throttle', service: 'ec2', share: 0.5 });
    const outcomes = async (): Promise<string[]> => {
      const list: string[] = [];
      for (let call = 0; call < 20; call += 1) {
        list.push(
          await sandbox.ec2.send(new DescribeVpcsCommand({})).then(
            () => 'ok',
            (error: { name: string; $metadata: { httpStatusCode: number } }) =>
              `${error.name} ${error.$metadata.httpStatusCode}`,
          ),
        );
      }
      return list;
    };
    const first = await outcomes();
    expect(new Set(first)).toEqual(new Set(['ok', 'RequestLimitExceeded 503']));
    await sandbox.send('POST', 'reset');
    await fault({ kind: 'throttle', service: 'ec2', share: 0.5 });
    expect(await outcomes()).toEqual(first);
  });

  it('no-capacity: in the words of EC2, and not for a token that has launched already', async () => {
    await sandbox.ec2.send(launch('early'));
    await fault({ kind: 'no-capacity' });
    const refusal = await refusalOf(sandbox.ec2.send(launch('late')));
    expect(refusal.code).toBe('InsufficientInstanceCapacity');
    expect(refusal.message).toContain(
      'sufficient t3.micro capacity in the Availability Zone you requested (us-east-1a)',
    );
    await sandbox.ec2.send(launch('early'));
    expect(await sandbox.effects('RunInstances')).toHaveLength(1);
  });

  it('not-found-first: nobody knows the new id for a while, then everybody does', async () => {
    await fault({ kind: 'not-found-first', ms: 400 });
    sandbox.clock.hold();
    const id = (await sandbox.ec2.send(launch())).Instances?.[0]?.InstanceId ?? '';
    const calls = [
      new DescribeInstancesCommand({ InstanceIds: [id] }),
      new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'Name', Value: 'x' }] }),
      new TerminateInstancesCommand({ InstanceIds: [id] }),
    ] as const;
    for (const call of calls) {
      const refusal = await refusalOf(sandbox.ec2.send(call as DescribeInstancesCommand));
      expect(refusal.code).toBe('InvalidInstanceID.NotFound');
    }
    const listed = async (): Promise<boolean> => {
      const answer = await sandbox.ec2.send(new DescribeInstancesCommand({}));
      return (answer.Reservations ?? []).some((each) => each.Instances?.[0]?.InstanceId === id);
    };
    expect(await listed()).toBe(false);
    sandbox.clock.pass(400);
    expect(await listed()).toBe(true);
    await sandbox.ec2.send(calls[1]);
  });

  it('not-found-first hides a new group where that is asked for, but not its name', async () => {
    await fault({ kind: 'not-found-first', action: 'CreateSecurityGroup', ms: 300, count: 1 });
    sandbox.clock.hold();
    const create = new CreateSecurityGroupCommand({ GroupName: 'a', Description: 'b' });
    const id = (await sandbox.ec2.send(create)).GroupId ?? '';
    const remove = (): Promise<unknown> => sandbox.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }));
    expect((await refusalOf(remove())).code).toBe('InvalidGroup.NotFound');
    expect((await refusalOf(sandbox.ec2.send(create))).code).toBe('InvalidGroup.Duplicate');
    sandbox.clock.pass(300);
    await remove();
  });

  it('slow: before the effect, or after it', async () => {
    // By when the effect was noted, not by when somebody came to look. A timer may be a millisecond early.
    const timed = async (): Promise<{ before: number; after: number }> => {
      const sentAt = Date.now();
      await sandbox.ec2.send(launch());
      const answeredAt = Date.now();
      const noted = (await sandbox.effects('RunInstances')).map(({ time }) => Date.parse(time)).at(-1) ?? NaN;
      return { before: noted - sentAt, after: answeredAt - noted };
    };
    await fault({ kind: 'slow', action: 'RunInstances', ms: 250, after: true, count: 1 });
    expect((await timed()).after).toBeGreaterThanOrEqual(249);
    expect(await sandbox.effects('RunInstances')).toHaveLength(1);
    await fault({ kind: 'slow', action: 'RunInstances', ms: 250, count: 1 });
    expect((await timed()).before).toBeGreaterThanOrEqual(249);
    expect(await sandbox.effects('RunInstances')).toHaveLength(2);
  });

  it('error: any code with any status', async () => {
    await fault({ kind: 'error', service: 'ec2', count: 1 });
    expect((await refusalOf(sandbox.ec2.send(launch()))).code).toBe('InternalError');
    await fault({ kind: 'error', service: 'ec2', code: 'UnauthorizedOperation', status: 403, count: 1 });
    expect((await refusalOf(sandbox.ec2.send(launch()))).code).toBe('UnauthorizedOperation');
    await sandbox.ec2.send(launch());
  });

  it('are listed, taken back one by one or all, and end by themselves when their count is spent', async () => {
    const one = await fault({ kind: 'slow', service: 'slack', ms: 5 });
    await fault({ kind: 'error', service: 'ec2', count: 1 });
    const list = async (): Promise<string[]> =>
      (await sandbox.get<{ faults: { kind: string }[] }>('faults')).faults.map(({ kind }) => kind);
    expect(await list()).toEqual(['slow', 'error']);
    await refusalOf(sandbox.ec2.send(launch()));
    expect(await list()).toEqual(['slow']);
    expect((await sandbox.send('DELETE', `faults/${one}`)).status).toBe(200);
    expect((await sandbox.send('DELETE', `faults/${one}`)).status).toBe(404);
    await fault({ kind: 'down' });
    await sandbox.send('DELETE', 'faults');
    expect(await list()).toEqual([]);
  });

  it.each([
    ['no kind', {}, '/kind'],
    ['an unknown kind', { kind: 'rain' }, '/kind'],
    ['an unknown field', { kind: 'down', speed: 3 }, '/speed'],
    ['an unknown service', { kind: 'down', service: 'sqs' }, '/service'],
    ['a share above 1', { kind: 'throttle', share: 2 }, '/share'],
    ['slow without ms', { kind: 'slow' }, '/'],
    ['no-capacity for another action', { kind: 'no-capacity', action: 'CreateTags' }, '/'],
    ['no-capacity for Slack', { kind: 'no-capacity', service: 'slack' }, '/'],
    ['no-capacity for OpsWorks', { kind: 'no-capacity', service: 'opsworks' }, '/'],
    ['start-failed for Slack', { kind: 'start-failed', service: 'slack' }, '/'],
    ['setup-failed for a stop', { kind: 'setup-failed', action: 'StopInstance' }, '/'],
    ['stuck for a launch', { kind: 'stuck', action: 'RunInstances' }, '/'],
    ['an instance for throttle', { kind: 'throttle', instance: 'api1' }, '/'],
    ['a code for throttle', { kind: 'throttle', code: 'x' }, '/'],
  ])('are refused with 400 where the body has %s', async (_name, body, pointer) => {
    const answer = await sandbox.send('POST', 'faults', body);
    expect(answer.status).toBe(400);
    expect((answer.body as { problems: { pointer: string }[] }).problems[0]?.pointer).toBe(pointer);
  });
});
