import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { quickest, startHttpServer, type HttpServer } from '@quartermaster/testing';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchPlan } from '../build.js';
import { createEc2, type Ec2, type Ec2Timeouts } from './create-ec2.js';

const SILENCE = Symbol('no answer');
const STALL = Symbol('half an answer');
/** What the played EC2 answers to one request: XML, an error, or one of the above. */
type Answer = string | { readonly status: number; readonly code: string } | typeof SILENCE | typeof STALL;
type Play = (action: string, parameters: URLSearchParams, count: number) => Answer | Promise<Answer>;

let server: HttpServer;
let ec2: Ec2;
let requests: URLSearchParams[];
let play: Play;

const open = (timeouts: Partial<Ec2Timeouts> = {}): Ec2 =>
  createEc2({
    installId: 'prod',
    region: 'us-east-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    timeouts,
  });

beforeEach(async () => {
  requests = [];
  server = await startHttpServer(({ body }, response) => void answer(new URLSearchParams(body), response));
  ec2 = open();
});

afterEach(async () => {
  ec2.close();
  await server.stop();
});

async function answer(parameters: URLSearchParams, response: ServerResponse): Promise<void> {
  requests.push(parameters);
  const action = parameters.get('Action') ?? '';
  const answered = await play(action, parameters, requests.length);
  if (answered === SILENCE) return;
  if (answered === STALL) return void response.writeHead(200, { 'content-length': 1000 }).write('<Describe');
  const [status, xml] =
    typeof answered === 'string'
      ? [200, `<${action}Response><requestId>r</requestId>${answered}</${action}Response>`]
      : [
          answered.status,
          `<Response><Errors><Error><Code>${answered.code}</Code><Message>words</Message></Error></Errors></Response>`,
        ];
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
}

const refuse = (code: string, status = 400) => ({ status, code });
const actions = (): (string | null)[] => requests.map((request) => request.get('Action'));
const tags = (entries: Record<string, string>): string =>
  `<tagSet>${Object.entries(entries)
    .map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
    .join('')}</tagSet>`;
const instance = (id: string, more = '', state = 'running'): string =>
  `<item><instanceId>${id}</instanceId><instanceState><code>16</code><name>${state}</name></instanceState>${more}</item>`;
const reservations = (...instances: string[]): string =>
  `<reservationSet>${instances.map((one) => `<item><instancesSet>${one}</instancesSet></item>`).join('')}</reservationSet>`;
const group = (id: string): string => `<securityGroupInfo><item><groupId>${id}</groupId></item></securityGroupInfo>`;

const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const plan: LaunchPlan = {
  client_token: 'b1-1',
  image_id: 'ami-1',
  instance_type: 'c3.2xlarge',
  count: 2,
  subnet_id: 'subnet-1',
  security_group_ids: ['sg-1'],
  iam_instance_profile: 'arn:aws:iam::1:instance-profile/p',
  key_name: 'k',
  root_volume: { device_name: '/dev/xvda', size_gb: 40 },
  tags: { site: 'org', role: 'worker' },
};

async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

describe('reads', () => {
  it('follow every page and put instances in the house’s words', async () => {
    const mine = tags({
      Name: 'n',
      site: 'org',
      env: 'e',
      queue: 'q',
      role: 'worker',
      'quartermaster:install': 'prod',
      'quartermaster:build': 'b1',
    });
    const more = `<instanceType>t3.micro</instanceType><imageId>ami-1</imageId><ipAddress>1.2.3.4</ipAddress><privateIpAddress>10.0.0.1</privateIpAddress><launchTime>2026-01-02T03:04:05.000Z</launchTime>${mine}`;
    play = (_action, parameters) =>
      parameters.get('NextToken') === 'two'
        ? reservations(instance('i-2', tags({ 'quartermaster:install': 'other' }), 'terminated'))
        : `${reservations(instance('i-1', more))}<nextToken>two</nextToken>`;
    const [first, second] = await ec2.listInstances();
    expect(first).toEqual({
      id: 'i-1',
      name: 'n',
      instance_type: 't3.micro',
      image_id: 'ami-1',
      ip: '1.2.3.4',
      private_ip: '10.0.0.1',
      launch_time: '2026-01-02T03:04:05.000Z',
      state: 'running',
      queue: 'q',
      env: 'e',
      site: 'org',
      role: 'worker',
      managed: true,
      build_id: 'b1',
    });
    expect(second).toMatchObject({ id: 'i-2', state: 'terminated', managed: false, ip: '', name: '', build_id: '' });
    expect(requests).toHaveLength(2);
  });

  it('find instances by filters, which leave unknown ids out, 200 at a time', async () => {
    play = () => reservations(instance('i-1'));
    expect(await ec2.findInstances([])).toEqual([]);
    expect(requests).toHaveLength(0);
    await ec2.findInstances(Array.from({ length: 201 }, (_, index) => `i-${index}`));
    expect(requests.map((request) => request.get('Filter.1.Name'))).toEqual(['instance-id', 'instance-id']);
    expect(requests[0]?.has('Filter.1.Value.200')).toBe(true);
    expect(requests[1]?.get('Filter.1.Value.1')).toBe('i-200');
    await ec2.listInstancesOfBuild('b1');
    expect(requests[2]?.get('Filter.1.Name')).toBe('tag:quartermaster:build');
  });

  it('tell active images by their tag', async () => {
    const image = (id: string, entries: Record<string, string>) =>
      `<item><imageId>${id}</imageId><name>n-${id}</name><imageState>available</imageState><creationDate>2026-01-01T00:00:00.000Z</creationDate><rootDeviceName>/dev/sda1</rootDeviceName>${tags(entries)}</item>`;
    play = () =>
      `<imagesSet>${image('ami-1', { role: 'w', active: 'true' })}${image('ami-2', { role: 'w', active: 'false' })}${image('ami-3', { role: 'w', active: '' })}${image('ami-4', { role: 'w' })}</imagesSet>`;
    const images = await ec2.listImages('w');
    expect(images.map(({ active }) => active)).toEqual([true, false, true, false]);
    expect(images[0]).toMatchObject({ ami: 'ami-1', name: 'n-ami-1', role: 'w', root_device_name: '/dev/sda1' });
    expect(requests[0]?.get('Owner.1')).toBe('self');
    expect(requests[0]?.get('Filter.1.Name')).toBe('tag:role');
    await ec2.listImages();
    expect(requests[1]?.get('Filter.1.Name')).toBe('tag-key');
  });

  it.each(['InvalidAMIID.NotFound', 'InvalidAMIID.Malformed', 'InvalidAMIID.Unavailable'])(
    'find no image where EC2 says %s',
    async (code) => {
      play = () => refuse(code);
      expect(await ec2.findImage('ami-1')).toBeUndefined();
    },
  );

  it('resolve the VPC of a subnet, or the default one', async () => {
    play = (action) =>
      action === 'DescribeSubnets'
        ? '<subnetSet><item><vpcId>vpc-1</vpcId></item></subnetSet>'
        : '<vpcSet><item><vpcId>vpc-default</vpcId></item></vpcSet>';
    expect([await ec2.resolveVpc('subnet-1'), await ec2.resolveVpc()]).toEqual(['vpc-1', 'vpc-default']);
    play = (action) => (action === 'DescribeSubnets' ? refuse('InvalidSubnetID.NotFound') : '<vpcSet/>');
    expect(await errorOf(ec2.resolveVpc('subnet-1'))).toMatchObject({
      kind: 'unprocessable',
      code: 'subnet-not-found',
    });
    expect(await errorOf(ec2.resolveVpc())).toMatchObject({ kind: 'unprocessable', code: 'no-default-vpc' });
  });
});

describe('security groups', () => {
  const request = { name: 'quartermaster-b1', description: 'd', vpc_id: 'vpc-1', tags: { a: 'b' } };

  it('are made with their tags, and waited for until EC2 shows them', async () => {
    play = (action, _parameters, count) => {
      if (action === 'CreateSecurityGroup') return '<groupId>sg-1</groupId>';
      return count < 3 ? '<securityGroupInfo/>' : group('sg-1');
    };
    expect(await ec2.createSecurityGroup(request, held)).toBe('sg-1');
    expect(requests[0]?.get('TagSpecification.1.Tag.1.Key')).toBe('a');
    expect(actions()).toEqual(['CreateSecurityGroup', 'DescribeSecurityGroups', 'DescribeSecurityGroups']);
  });

  it('are found where a former attempt made them', async () => {
    play = (action) => (action === 'CreateSecurityGroup' ? refuse('InvalidGroup.Duplicate') : group('sg-7'));
    expect(await ec2.createSecurityGroup(request, held)).toBe('sg-7');
    expect(requests[1]?.get('Filter.1.Value.1')).toBe('quartermaster-b1');
  });

  it('are opened range by range where one of several is open already', async () => {
    play = (_action, parameters) =>
      parameters.has('IpPermissions.1.IpRanges.2.CidrIp') ||
      parameters.get('IpPermissions.1.IpRanges.1.CidrIp') === '10.0.0.0/8'
        ? refuse('InvalidPermission.Duplicate')
        : '<return>true</return>';
    await ec2.authorizeSsh('sg-1', ['10.0.0.0/8', '192.168.0.0/16', 'fd00::/8'], held);
    expect(requests).toHaveLength(4);
    expect(requests[3]?.get('IpPermissions.1.Ipv6Ranges.1.CidrIpv6')).toBe('fd00::/8');
    await ec2.authorizeSsh('sg-1', ['10.0.0.0/8'], held);
    await ec2.authorizeSsh('sg-1', [], held);
    expect(requests).toHaveLength(5);
  });

  it.each([
    ['DependencyViolation', false],
    ['InvalidGroup.InUse', false],
    ['InvalidGroup.NotFound', true],
    ['InvalidGroupId.Malformed', true],
  ])('deleted while EC2 says %s: gone is %s', async (code, gone) => {
    play = () => refuse(code);
    expect(await ec2.deleteSecurityGroup('sg-1', held)).toBe(gone);
  });
});

describe('runInstances', () => {
  const launched = `<instancesSet>${instance('i-1', '', 'pending')}${instance('i-2', '', 'pending')}</instancesSet>`;

  it('asks for all or none, by token, with IMDSv2, tags on instance and volume', async () => {
    play = () => launched;
    const instances = await ec2.runInstances(plan, '#include-once x\n', held);
    expect(instances.map(({ id, state }) => [id, state])).toEqual([
      ['i-1', 'pending'],
      ['i-2', 'pending'],
    ]);
    expect(Object.fromEntries(requests[0] ?? [])).toMatchObject({
      ClientToken: 'b1-1',
      MinCount: '2',
      MaxCount: '2',
      SubnetId: 'subnet-1',
      KeyName: 'k',
      'SecurityGroupId.1': 'sg-1',
      'IamInstanceProfile.Arn': 'arn:aws:iam::1:instance-profile/p',
      'MetadataOptions.HttpTokens': 'required',
      'BlockDeviceMapping.1.DeviceName': '/dev/xvda',
      'BlockDeviceMapping.1.Ebs.VolumeSize': '40',
      'TagSpecification.1.ResourceType': 'instance',
      'TagSpecification.2.ResourceType': 'volume',
      'TagSpecification.1.Tag.1.Key': 'role',
      UserData: Buffer.from('#include-once x\n').toString('base64'),
    });
    const reordered = { ...plan, tags: { role: 'worker', site: 'org' } };
    await ec2.runInstances(reordered, '#include-once x\n', held);
    expect(String(requests[1])).toBe(String(requests[0]));
  });

  it.each([
    ['InsufficientInstanceCapacity', 500, 'unprocessable', 'no-capacity'],
    ['InsufficientHostCapacity', 400, 'unprocessable', 'no-capacity'],
    ['VcpuLimitExceeded', 400, 'unprocessable', 'no-capacity'],
    ['Unsupported', 400, 'unprocessable', 'launch-refused'],
    ['InvalidParameterValue', 400, 'unprocessable', 'launch-refused'],
    ['InvalidGroup.NotFound', 400, 'unprocessable', 'launch-refused'],
    ['IdempotentInstanceTerminated', 400, 'unprocessable', 'instances-terminated'],
    ['IdempotentParameterMismatch', 400, 'conflict', 'launch-parameters-differ'],
    ['UnauthorizedOperation', 403, 'unavailable', 'ec2-not-authorized'],
  ])('says what %s (status %i) means', async (code, status, kind, own) => {
    play = () => refuse(code, status);
    const error = await errorOf(ec2.runInstances(plan, '', held));
    expect(error).toMatchObject({ kind, code: own });
    expect(error.message).toContain(code);
  });
});

describe('tags and terminations', () => {
  it.each([
    ['InvalidInstanceID.NotFound', 'not-found', 'instance-not-found'],
    ['InvalidInstanceID.Malformed', 'not-found', 'instance-not-found'],
    ['OperationNotPermitted', 'conflict', 'termination-protected'],
  ])('say what %s means', async (code, kind, own) => {
    play = () => refuse(code);
    expect(await errorOf(ec2.terminateInstances(['i-1'], held))).toMatchObject({ kind, code: own });
  });

  it('try tagging again while EC2 does not know the id yet', async () => {
    play = () => refuse('InvalidInstanceID.NotFound');
    expect(await errorOf(ec2.tagInstance('i-1', { Name: 'n' }, held))).toMatchObject({ kind: 'unavailable' });
  });
});

describe('a guard', () => {
  it('is asked before every attempt, the SDK’s own retries included', async () => {
    play = (_action, _parameters, count) => (count < 3 ? refuse('Unavailable', 503) : '<instancesSet/>');
    let asked = 0;
    await ec2.terminateInstances(['i-1'], { ...held, assertHeld: () => void (asked += 1) });
    expect([asked, requests.length]).toEqual([3, 3]);
  });

  it('that ends after the first attempt lets no second request out, and is heard in its own words', async () => {
    play = () => refuse('Unavailable', 503);
    const over = new Error('no longer ours');
    const guard = {
      ...held,
      assertHeld: () => {
        if (requests.length > 0) throw over;
      },
    };
    await expect(ec2.runInstances(plan, '', guard)).rejects.toBe(over);
    await sleep(300);
    expect(requests).toHaveLength(1);
  });

  it('that is aborted ends a request under way', async () => {
    const over = new Error('no longer ours');
    const controller = new AbortController();
    play = () => {
      controller.abort(over);
      return SILENCE;
    };
    await expect(ec2.runInstances(plan, '', { ...held, signal: controller.signal })).rejects.toBe(over);
    expect(requests).toHaveLength(1);
  });
});

describe('timeouts', () => {
  it('end a request that gets no answer, after three attempts', async () => {
    play = () => SILENCE;
    ec2.close();
    ec2 = open({ request: 60 });
    const took = await quickest(3_000, async () => {
      requests.length = 0;
      expect(await errorOf(ec2.listInstances())).toMatchObject({ kind: 'unavailable', code: 'ec2-unavailable' });
      expect(requests).toHaveLength(3);
    });
    expect(took).toBeLessThan(3_000);
  });

  it('end a request whose answer stalls half way', async () => {
    play = () => STALL;
    ec2.close();
    ec2 = open({ request: 60, launch: 60 });
    expect(await errorOf(ec2.listInstances())).toMatchObject({ kind: 'unavailable', code: 'ec2-unavailable' });
    expect(requests).toHaveLength(3);
  });

  it('give a launch more time', async () => {
    play = async () => {
      await sleep(150);
      return '<instancesSet/>';
    };
    ec2.close();
    ec2 = open({ request: 60, launch: 60_000 });
    expect(await ec2.runInstances(plan, '', held)).toEqual([]);
    expect(await errorOf(ec2.tagInstance('i-1', {}, held))).toMatchObject({ kind: 'unavailable' });
  });
});
