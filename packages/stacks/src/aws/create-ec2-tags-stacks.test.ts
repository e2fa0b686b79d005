import type { EffectGuard } from '@quartermaster/foundation';
import { createEc2TagsStacks } from './create-ec2-tags-stacks.js';
import type { Stacks } from './stacks.js';
import {
  HELD,
  instanceXml,
  playAws,
  refuse,
  reservationsXml,
  statusesXml,
  type PlayedAws,
  type PlayedRequest,
} from './testing/played-aws.js';

let aws: PlayedAws;
let stacks: Stacks;
beforeEach(async () => {
  aws = await playAws();
  stacks = createEc2TagsStacks('us-east-1', aws.place);
});
afterEach(async () => {
  stacks.close();
  await aws.stop();
});

const api = (hostname: string, stack = 'App'): Record<string, string> => ({
  'opsworks:stack': stack,
  'opsworks:layer:api': 'API Server',
  'opsworks:instance': hostname,
});
/** The ids that a DescribeInstanceStatus names. */
const idsOf = ({ form }: PlayedRequest): string[] =>
  [...form].filter(([key]) => key.startsWith('InstanceId.')).map(([, id]) => id);

describe('reads', () => {
  it('follow every page, and ask for the checks of what runs, 100 at a time', async () => {
    const ids = Array.from({ length: 150 }, (_, i) => `i-${i}`);
    const page = (from: number, to: number): string =>
      reservationsXml(...ids.slice(from, to).map((id, i) => instanceXml(id, api(`api${from + i}`))));
    aws.answer = (request) => {
      if (request.action === 'DescribeInstanceStatus') return statusesXml(...idsOf(request));
      if (request.form.get('NextToken') === null) return `${page(0, 100)}<nextToken>two</nextToken>`;
      return page(100, 150);
    };
    const { stacks: found, layers, instances } = await stacks.loadFleet();
    expect([found.length, layers.length, instances.length]).toEqual([1, 1, 150]);
    expect(instances.every(({ Status }) => Status === 'online')).toBe(true);
    expect(aws.actions()).toEqual([
      'DescribeInstances',
      'DescribeInstances',
      'DescribeInstanceStatus',
      'DescribeInstanceStatus',
    ]);
    expect(aws.requests[0]?.form.get('Filter.1.Value.1')).toBe('opsworks:stack');
    expect(aws.requests.slice(2).map((request) => idsOf(request).length)).toEqual([100, 50]);
  });

  it('of one layer leave out other stacks’ layers of that short name, and do not ask for their checks', async () => {
    const both = [
      instanceXml('i-2', api('api10')),
      instanceXml('i-1', api('api2')),
      instanceXml('i-9', api('x', 'Other')),
      instanceXml('i-3', api('api3'), 'stopped'),
    ];
    aws.answer = (request) =>
      request.action === 'DescribeInstances' ? reservationsXml(...both) : statusesXml(...idsOf(request));
    const { layer } = await stacks.findLayer('app', 'api server');
    const found = await stacks.listInstances(layer);
    expect(found.map(({ Hostname, Status }) => `${Hostname} ${Status}`)).toEqual([
      'api2 online',
      'api3 stopped',
      'api10 online',
    ]);
    expect(aws.actions()).toEqual(['DescribeInstances', 'DescribeInstances', 'DescribeInstanceStatus']);
    expect(aws.requests[1]?.form.get('Filter.1.Value.1')).toBe('opsworks:layer:api');
    expect(aws.requests.slice(2).flatMap(idsOf).sort()).toEqual(['i-1', 'i-2']);
  });

  it('by ids go by a filter, which leaves unknown ids out, 200 at a time', async () => {
    aws.answer = () => reservationsXml();
    expect(await stacks.findInstances([])).toEqual([]);
    expect(aws.requests).toHaveLength(0);
    await stacks.findInstances(Array.from({ length: 201 }, (_, i) => `i-${i}`));
    expect(aws.requests.map(({ form }) => form.get('Filter.1.Name'))).toEqual(['instance-id', 'instance-id']);
  });

  it('are worth another try where the checks of an instance are not known yet', async () => {
    aws.answer = ({ action }) =>
      action === 'DescribeInstances'
        ? reservationsXml(instanceXml('i-1', api('api1')))
        : refuse('InvalidInstanceID.NotFound');
    await expect(stacks.loadFleet()).rejects.toMatchObject({ kind: 'unavailable', code: 'ec2-unavailable' });
  });

  it.each([
    ['RequestLimitExceeded', 503, 'unavailable', 'ec2-throttled'],
    ['UnauthorizedOperation', 403, 'unavailable', 'ec2-not-authorized'],
    ['InternalError', 500, 'unavailable', 'ec2-unavailable'],
    ['InvalidParameterValue', 400, 'unprocessable', 'ec2-refused'],
  ])('say what %s (status %i) means', async (code, status, kind, own) => {
    aws.answer = () => refuse(code, status);
    await expect(stacks.loadFleet()).rejects.toMatchObject({ kind, code: own });
  });
});

describe('obstacles', () => {
  it('are groups and roots, as EC2 tells them', async () => {
    const more = '<rootDeviceType>instance-store</rootDeviceType>';
    aws.answer = ({ action }) =>
      action === 'DescribeInstances'
        ? reservationsXml(
            instanceXml('i-1', { ...api('api1'), 'aws:autoscaling:groupName': 'api-group' }, 'stopped'),
            instanceXml('i-2', api('api2'), 'stopped', more),
            instanceXml('i-3', api('api3'), 'stopped', '<rootDeviceType>ebs</rootDeviceType>'),
          )
        : statusesXml();
    const instances = await stacks.findInstances(['i-1', 'i-2', 'i-3']);
    expect(await stacks.findObstacles(instances)).toEqual([
      { instance: instances[0], reason: 'is in the auto-scaling group api-group, which would replace it' },
      { instance: instances[1], reason: 'has an instance-store root and can not stop' },
    ]);
  });
});

describe('a stop and a start', () => {
  it.each([
    ['InvalidInstanceID.NotFound', 400, 'not-found', 'instance-not-found'],
    ['InvalidInstanceID.Malformed', 400, 'not-found', 'instance-not-found'],
    ['IncorrectInstanceState', 400, 'conflict', 'instance-not-startable'],
    ['InsufficientInstanceCapacity', 500, 'unavailable', 'no-capacity'],
    ['InsufficientHostCapacity', 400, 'unavailable', 'no-capacity'],
    ['VcpuLimitExceeded', 400, 'unavailable', 'no-capacity'],
    ['UnauthorizedOperation', 403, 'unavailable', 'ec2-not-authorized'],
    ['UnsupportedOperation', 400, 'unprocessable', 'ec2-refused'],
  ])('say what %s (status %i) means to a start', async (code, status, kind, own) => {
    aws.answer = () => refuse(code, status);
    await expect(stacks.startInstance('i-1', HELD)).rejects.toMatchObject({ kind, code: own });
  });

  it.each([
    ['InvalidInstanceID.NotFound', 'not-found', 'instance-not-found'],
    ['IncorrectInstanceState', 'conflict', 'instance-not-stoppable'],
    ['OperationNotPermitted', 'unprocessable', 'ec2-refused'],
    ['UnsupportedOperation', 'unprocessable', 'ec2-refused'],
    ['RequestLimitExceeded', 'unavailable', 'ec2-throttled'],
  ])('say what %s means to a stop', async (code, kind, own) => {
    aws.answer = () => refuse(code);
    await expect(stacks.stopInstance('i-1', HELD)).rejects.toMatchObject({ kind, code: own });
  });

  it('ask their guard before every attempt, and let no request out once it has said no', async () => {
    const over = new Error('no longer ours');
    const guard: EffectGuard = {
      ...HELD,
      assertHeld: () => {
        if (aws.requests.length > 0) throw over;
      },
    };
    aws.answer = () => refuse('Unavailable', 503);
    await expect(stacks.stopInstance('i-1', guard)).rejects.toBe(over);
    await expect(stacks.startInstance('i-1', guard)).rejects.toBe(over);
    expect(aws.actions()).toEqual(['StopInstances']);
  });
});
