import {
  DescribeAppsCommand,
  DescribeInstancesCommand,
  DescribeLayersCommand,
  DescribeStacksCommand,
  StartInstanceCommand,
  StopInstanceCommand,
  type DescribeInstancesCommandInput,
  type DescribeLayersCommandInput,
} from '@aws-sdk/client-opsworks';
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { refusalOf, startSandbox, type AddedStack, type StartedSandbox } from '../testing/started-sandbox.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NOWHERE = '00000000-0000-4000-8000-000000000000';

let sandbox: StartedSandbox;
let stack: AddedStack;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
  stack = await sandbox.addStack({
    name: 'My Stack',
    layers: [
      { name: 'API Server', shortname: 'api', instances: 3, stopped: 1 },
      { name: 'Monitoring', shortname: 'monitoring', instances: 1, shares: { layer: 'api', instances: 2 } },
    ],
  });
});
afterAll(() => sandbox.stop());

const layerId = (shortname: string): string => stack.layers.find((layer) => layer.shortname === shortname)?.id ?? '';

describe('the Describe actions', () => {
  it('show stacks as OpsWorks does', async () => {
    const { Stacks: all = [] } = await sandbox.opsWorks.send(new DescribeStacksCommand({}));
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({
      StackId: expect.stringMatching(UUID),
      Name: 'My Stack',
      Arn: `arn:aws:opsworks:us-east-1:123456789012:stack/${stack.id}/`,
      Region: 'us-east-1',
      HostnameTheme: 'Layer_Dependent',
      CreatedAt: '2026-01-05T09:30:00+00:00',
    });
    const named = await sandbox.opsWorks.send(new DescribeStacksCommand({ StackIds: [stack.id] }));
    expect(named.Stacks).toEqual(all);
  });

  it('show layers by stack or by id', async () => {
    const byStack = await sandbox.opsWorks.send(new DescribeLayersCommand({ StackId: stack.id }));
    expect(byStack.Layers?.map(({ Name, Shortname, Type }) => [Name, Shortname, Type])).toEqual([
      ['API Server', 'api', 'custom'],
      ['Monitoring', 'monitoring', 'custom'],
    ]);
    const byId = await sandbox.opsWorks.send(new DescribeLayersCommand({ LayerIds: [layerId('monitoring')] }));
    expect(byId.Layers).toEqual(byStack.Layers?.slice(1));
  });

  it('show instances by stack, layer or id, each of one or several layers', async () => {
    const names = async (input: DescribeInstancesCommandInput): Promise<(string | undefined)[]> =>
      (await sandbox.opsWorks.send(new DescribeInstancesCommand(input))).Instances?.map(({ Hostname }) => Hostname) ??
      [];
    expect(await names({ StackId: stack.id })).toEqual(['api1', 'api2', 'api3', 'monitoring1']);
    expect(await names({ LayerId: layerId('api') })).toEqual(['api1', 'api2', 'api3']);
    expect(await names({ LayerId: layerId('monitoring') })).toEqual(['api1', 'api2', 'monitoring1']);
    expect(await names({ InstanceIds: [stack.instances[2]?.instance_id ?? ''] })).toEqual(['api3']);
    expect(await names({ InstanceIds: [] })).toEqual([]);
  });

  it('show an instance with what EC2 knows of it', async () => {
    const { Instances: instances = [] } = await sandbox.opsWorks.send(
      new DescribeInstancesCommand({ LayerId: layerId('api') }),
    );
    const [first, , third] = instances;
    const known = stack.instances[0];
    expect(first).toMatchObject({
      InstanceId: known?.instance_id,
      Ec2InstanceId: known?.ec2_instance_id,
      StackId: stack.id,
      LayerIds: [layerId('api'), layerId('monitoring')],
      Hostname: 'api1',
      Status: 'online',
      RootDeviceType: 'ebs',
      Architecture: 'x86_64',
      InfrastructureClass: 'ec2',
      CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/),
      PrivateIp: expect.stringMatching(/^172\.31\./),
      PublicIp: expect.stringMatching(/^198\.18\./),
    });
    expect(third).toMatchObject({ Hostname: 'api3', Status: 'stopped' });
    expect(third?.PublicIp).toBeUndefined();
    const shown = await sandbox.instance(known?.ec2_instance_id ?? '');
    expect(shown.tags).toEqual({
      Name: 'My Stack - api1',
      'opsworks:stack': 'My Stack',
      'opsworks:layer:api': 'API Server',
      'opsworks:layer:monitoring': 'Monitoring',
      'opsworks:instance': 'api1',
    });
  });

  it.each<[string, DescribeInstancesCommandInput | undefined, DescribeLayersCommandInput | undefined, string, string]>([
    [
      'instances by nothing',
      {},
      undefined,
      'ValidationException',
      'Please provide either one or more instance ID or one stack ID or one layer ID',
    ],
    [
      'instances by two things',
      { StackId: NOWHERE, LayerId: NOWHERE },
      undefined,
      'ValidationException',
      'Please provide either one or more instance ID or one stack ID or one layer ID',
    ],
    [
      'instances of an unknown stack',
      { StackId: NOWHERE },
      undefined,
      'ResourceNotFoundException',
      `Unable to find stack with ID ${NOWHERE}`,
    ],
    [
      'instances of an unknown layer',
      { LayerId: NOWHERE },
      undefined,
      'ResourceNotFoundException',
      `Unable to find layer with ID ${NOWHERE}`,
    ],
    ['unknown instances', { InstanceIds: [NOWHERE] }, undefined, 'ResourceNotFoundException', NOWHERE],
    ['layers by nothing', undefined, {}, 'ValidationException', 'Please provide one or more layer IDs or a stack ID'],
    [
      'layers by two things',
      undefined,
      { StackId: NOWHERE, LayerIds: [NOWHERE] },
      'ValidationException',
      'Please provide one or more layer IDs or a stack ID',
    ],
  ])('refuse %s', async (_name, instances, layers, code, message) => {
    const call =
      instances === undefined
        ? sandbox.opsWorks.send(new DescribeLayersCommand(layers ?? {}))
        : sandbox.opsWorks.send(new DescribeInstancesCommand(instances));
    expect(await refusalOf(call)).toEqual({ code, message });
  });
});

describe('the protocol', () => {
  it('refuses what it does not know: operations, members, ids', async () => {
    expect((await refusalOf(sandbox.opsWorks.send(new DescribeAppsCommand({})))).code).toBe(
      'UnknownOperationException',
    );
    expect(
      (await refusalOf(sandbox.opsWorks.send(new DescribeStacksCommand({ StackIds: 'x' as unknown as string[] }))))
        .code,
    ).toBe('SerializationException');
    for (const call of [
      sandbox.opsWorks.send(new StopInstanceCommand({ InstanceId: NOWHERE })),
      sandbox.opsWorks.send(new StartInstanceCommand({ InstanceId: NOWHERE })),
    ]) {
      expect(await refusalOf(call)).toEqual({
        code: 'ResourceNotFoundException',
        message: `Unable to find instance with ID ${NOWHERE}`,
      });
    }
    const nameless = sandbox.opsWorks.send(new StopInstanceCommand({ InstanceId: undefined }));
    expect((await refusalOf(nameless)).code).toBe('ValidationException');
  });

  it.each([
    ['an unknown key', { credentials: { accessKeyId: 'other', secretAccessKey: 'x' } }, 'UnrecognizedClientException'],
    ['a wrong secret', { credentials: { accessKeyId: 'sandbox', secretAccessKey: 'x' } }, 'InvalidSignatureException'],
    ['another region', { region: 'eu-west-1' }, 'InvalidSignatureException'],
    ['a clock that is off', { systemClockOffset: 3_600_000 }, 'InvalidSignatureException'],
  ])('verifies signatures: %s', async (_name, settings, code) => {
    const client = sandbox.opsWorksWith(settings);
    const refusal = await refusalOf(client.send(new DescribeStacksCommand({})));
    client.destroy();
    expect(refusal.code).toBe(code);
  });

  it('answers without credentials, and with the header that carries the id of the request', async () => {
    const answer = await fetch(sandbox.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'OpsWorks_20130218.DescribeStacks', 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-requestid')).toMatch(UUID);
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(await answer.json()).toEqual({
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    });
  });

  it('is counted apart from EC2, and struck by faults of its own', async () => {
    await sandbox.send('POST', 'faults', { kind: 'throttle', service: 'opsworks', count: 1 });
    const refused: unknown = await sandbox.opsWorks
      .send(new DescribeStacksCommand({}))
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
      $metadata: { httpStatusCode: 400 },
    });
    await sandbox.send('POST', 'faults', { kind: 'error', service: 'opsworks', count: 1 });
    expect((await refusalOf(sandbox.opsWorks.send(new DescribeStacksCommand({})))).code).toBe('InternalFailure');
    await sandbox.send('POST', 'faults', { kind: 'down', service: 'opsworks' });
    await refusalOf(sandbox.opsWorks.send(new DescribeStacksCommand({})));
    await sandbox.ec2.send(new DescribeVpcsCommand({}));
    expect((await sandbox.requests()).counts).toEqual({ opsworks: { DescribeStacks: 3 }, ec2: { DescribeVpcs: 1 } });
  });
});
