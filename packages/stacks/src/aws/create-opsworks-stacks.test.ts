import { createOpsWorksStacks } from './create-opsworks-stacks.js';
import type { Stacks } from './stacks.js';
import { HELD, instanceXml, playAws, refuse, reservationsXml, type PlayedAws } from './testing/played-aws.js';

let aws: PlayedAws;
let stacks: Stacks;
beforeEach(async () => {
  aws = await playAws();
  stacks = createOpsWorksStacks(aws.place);
});
afterEach(async () => {
  stacks.close();
  await aws.stop();
});

const instance = (InstanceId: string, Status = 'online', more: object = {}): object => ({
  InstanceId,
  StackId: 's1',
  LayerIds: ['l1'],
  Hostname: `host-${InstanceId}`,
  Status,
  ...more,
});

/** Answers DescribeInstances by ids as OpsWorks does: one unknown id fails the whole call. */
function playInstances(known: readonly object[]): void {
  aws.answer = ({ action, json }) => {
    if (action !== 'DescribeInstances') return refuse('NotPlayed');
    const asked = json['InstanceIds'] as string[];
    const found = known.filter((one) => asked.includes((one as { InstanceId: string }).InstanceId));
    return found.length < asked.length ? refuse('ResourceNotFoundException') : { json: { Instances: found } };
  };
}

describe('reads', () => {
  it('tell what OpsWorks tells, with all its fields, in order', async () => {
    aws.answer = ({ action }) => {
      if (action === 'DescribeStacks') {
        return { json: { Stacks: [{ StackId: 's1', Name: 'App', Region: 'us-east-1', HostnameTheme: 'Layer' }] } };
      }
      if (action === 'DescribeLayers') {
        return { json: { Layers: [{ LayerId: 'l1', StackId: 's1', Name: 'API', Shortname: 'api', Type: 'custom' }] } };
      }
      const strange = { InstanceId: 'x' };
      return { json: { Instances: [instance('10', 'online', { Os: 'Ubuntu' }), instance('9', 'stopped'), strange] } };
    };
    const fleet = await stacks.loadFleet();
    expect(aws.requests.map(({ json }) => json)).toEqual([{}, { StackId: 's1' }, { StackId: 's1' }]);
    expect(fleet.stacks).toMatchObject([{ StackId: 's1', HostnameTheme: 'Layer' }]);
    expect(fleet.layers).toMatchObject([{ LayerId: 'l1', Type: 'custom' }]);
    expect(fleet.instances).toMatchObject([
      { Hostname: 'host-9', Status: 'stopped' },
      { Hostname: 'host-10', Os: 'Ubuntu' },
    ]);
  });

  it('by ids leave out an unknown one for the price of few calls', async () => {
    const ids = Array.from({ length: 64 }, (_, i) => String(i));
    playInstances(ids.filter((id) => id !== '17').map((id) => instance(id)));
    const found = await stacks.findInstances(ids);
    expect(found.map(({ InstanceId }) => InstanceId)).toEqual(ids.filter((id) => id !== '17'));
    // The whole, and two halves of each of its six unlucky parts.
    expect(aws.requests).toHaveLength(13);
    expect(await stacks.findInstances([])).toEqual([]);
  });

  it.each([
    ['ThrottlingException', 400, 'unavailable', 'opsworks-throttled'],
    ['AccessDeniedException', 400, 'unavailable', 'opsworks-not-authorized'],
    ['UnrecognizedClientException', 400, 'unavailable', 'opsworks-not-authorized'],
    ['InternalFailure', 500, 'unavailable', 'opsworks-unavailable'],
    ['ServiceUnavailableException', 503, 'unavailable', 'opsworks-unavailable'],
    ['ValidationException', 400, 'unprocessable', 'opsworks-refused'],
  ])('say what %s (status %i) means', async (code, status, kind, own) => {
    aws.answer = () => refuse(code, status);
    await expect(stacks.loadFleet()).rejects.toMatchObject({ kind, code: own });
  });
});

describe('obstacles', () => {
  it('are asked of EC2, and OpsWorks’ own word for the root counts where EC2 knows no instance', async () => {
    const group = { 'aws:autoscaling:groupName': 'web-group' };
    playInstances([
      instance('1', 'online', { Ec2InstanceId: 'i-1' }),
      instance('2', 'stopped', { RootDeviceType: 'instance-store' }),
    ]);
    const instances = await stacks.findInstances(['1', '2']);
    aws.answer = () => reservationsXml(instanceXml('i-1', group));
    expect(
      (await stacks.findObstacles(instances)).map(({ instance: { InstanceId }, reason }) => [InstanceId, reason]),
    ).toEqual([
      ['1', 'is in the auto-scaling group web-group, which would replace it'],
      ['2', 'has an instance-store root and can not stop'],
    ]);
  });
});

describe('a stop and a start that OpsWorks calls not valid', () => {
  const refuseIn = (status: string | undefined): void => {
    aws.answer = ({ action }) => {
      if (action !== 'DescribeInstances') return refuse('ValidationException');
      return status === undefined
        ? refuse('ResourceNotFoundException')
        : { json: { Instances: [instance('1', status)] } };
    };
  };

  it.each(['stopping', 'stopped', 'shutting_down', 'terminating'])('have nothing to stop in %s', async (status) => {
    refuseIn(status);
    await stacks.stopInstance('1', HELD);
    expect(aws.actions()).toEqual(['StopInstance', 'DescribeInstances']);
  });

  it.each(['requested', 'pending', 'booting', 'running_setup', 'online'])(
    'have nothing to start in %s',
    async (status) => {
      refuseIn(status);
      await stacks.startInstance('1', HELD);
      expect(aws.actions()).toEqual(['StartInstance', 'DescribeInstances']);
    },
  );

  it('are conflicts in every other state, and say what OpsWorks said', async () => {
    refuseIn('stopping');
    await expect(stacks.startInstance('1', HELD)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'instance-not-startable',
      message: 'OpsWorks refused StartInstance (ValidationException: words)',
    });
    refuseIn('connection_lost');
    await expect(stacks.stopInstance('1', HELD)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'instance-not-stoppable',
    });
  });

  it('find nothing where the instance has gone meanwhile', async () => {
    refuseIn(undefined);
    await expect(stacks.stopInstance('1', HELD)).rejects.toMatchObject({ code: 'instance-not-found' });
  });
});

describe('a stop and a start', () => {
  it.each([
    ['ResourceNotFoundException', 'not-found', 'instance-not-found'],
    ['AccessDeniedException', 'unavailable', 'opsworks-not-authorized'],
    ['ThrottlingException', 'unavailable', 'opsworks-throttled'],
  ])('say what %s means, and do not look again', async (code, kind, own) => {
    aws.answer = () => refuse(code);
    await expect(stacks.stopInstance('1', HELD)).rejects.toMatchObject({ kind, code: own });
    await expect(stacks.startInstance('1', HELD)).rejects.toMatchObject({ kind, code: own });
    expect(aws.actions()).not.toContain('DescribeInstances');
  });
});
