import {
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeKeyPairsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type EC2ClientConfig,
} from '@aws-sdk/client-ec2';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
afterAll(() => sandbox.stop());

async function refusedWith(settings: EC2ClientConfig): Promise<{ code: string; message: string }> {
  const client = sandbox.ec2With(settings);
  try {
    return await refusalOf(client.send(new DescribeVpcsCommand({})));
  } finally {
    client.destroy();
  }
}

/** A client whose request is changed before it is signed. */
function clientThatSends(change: (form: URLSearchParams) => void): EC2Client {
  const client = sandbox.ec2With({});
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: string };
      const form = new URLSearchParams(request.body);
      change(form);
      request.body = form.toString();
      return next(args);
    },
    { step: 'build', priority: 'high' },
  );
  return client;
}

describe('credentials', () => {
  const valid = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox-secret' };

  it.each<[string, EC2ClientConfig, string]>([
    ['an unknown key', { credentials: { ...valid, accessKeyId: 'AKIAOTHER' } }, 'AuthFailure'],
    ['a wrong secret', { credentials: { ...valid, secretAccessKey: 'wrong' } }, 'SignatureDoesNotMatch'],
    ['a session token', { credentials: { ...valid, sessionToken: 'left over' } }, 'AuthFailure'],
    ['another region', { region: 'eu-west-1' }, 'SignatureDoesNotMatch'],
    ['a clock that is wrong', { systemClockOffset: 20 * 60_000 }, 'RequestExpired'],
  ])('are refused with %s', async (_name, settings, code) => {
    expect((await refusedWith(settings)).code).toBe(code);
  });

  it('are refused when they are missing or garbled, with an answer in the form of EC2', async () => {
    const ask = (headers: Record<string, string>): Promise<Response> =>
      fetch(sandbox.url, { method: 'POST', headers, body: new URLSearchParams({ Action: 'DescribeVpcs' }) });
    const missing = await ask({});
    expect(missing.status).toBe(403);
    expect(missing.headers.get('content-type')).toBe('text/xml;charset=UTF-8');
    expect(await missing.text()).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Response><Errors><Error><Code>MissingAuthenticationToken<\/Code><Message>[^<]+<\/Message><\/Error><\/Errors><RequestID>[0-9a-f-]{36}<\/RequestID><\/Response>$/,
    );
    expect(await (await ask({ authorization: 'AWS4-HMAC-SHA256 nonsense' })).text()).toContain('IncompleteSignature');
  });

  it('are refused where the body is not the one that was signed', async () => {
    const client = sandbox.ec2With({});
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: string };
        request.body = request.body.replace('DescribeVpcs', 'DescribeVpcz');
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    expect((await refusalOf(client.send(new DescribeVpcsCommand({})))).code).toBe('SignatureDoesNotMatch');
  });
});

describe('the query protocol', () => {
  it.each<[string, (form: URLSearchParams) => void, string, string]>([
    [
      'an unknown action',
      (form) => form.set('Action', 'MakeTea'),
      'InvalidAction',
      'The action MakeTea is not valid for this web service.',
    ],
    ['a name that every object has', (form) => form.set('Action', 'constructor'), 'InvalidAction', 'constructor'],
    ['no action', (form) => form.delete('Action'), 'MissingAction', ''],
    ['another version', (form) => form.set('Version', '2014-01-01'), 'NoSuchVersion', '2014-01-01'],
    ['no version', (form) => form.delete('Version'), 'MissingParameter', 'Version'],
    [
      'an unknown parameter',
      (form) => form.set('Colour', 'red'),
      'UnknownParameter',
      'The parameter Colour is not recognized',
    ],
    ['an unknown member', (form) => form.set('Filter.1.Colour', 'red'), 'UnknownParameter', 'Filter.1.Colour'],
    ['a member of a scalar', (form) => form.set('NextToken.1', 'x'), 'UnknownParameter', 'NextToken.1'],
    ['a list without numbers', (form) => form.set('VpcId', 'vpc-1'), 'UnknownParameter', 'VpcId'],
    ['a list from zero', (form) => form.set('VpcId.0', 'vpc-1'), 'UnknownParameter', 'VpcId.0'],
    [
      'a parameter given twice',
      (form) => ['5', '6'].forEach((value) => form.append('MaxResults', value)),
      'MalformedQueryString',
      'MaxResults',
    ],
    ['text for a number', (form) => form.set('MaxResults', 'many'), 'InvalidParameterValue', 'MaxResults'],
    ['text for a boolean', (form) => form.set('DryRun', 'maybe'), 'InvalidParameterValue', 'DryRun'],
    ['a filter without values', (form) => form.set('Filter.1.Name', 'state'), 'InvalidParameterValue', 'state'],
  ])('refuses %s', async (_name, change, code, message) => {
    const client = clientThatSends(change);
    const refusal = await refusalOf(client.send(new DescribeVpcsCommand({})));
    client.destroy();
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(message);
  });

  it('refuses an action that AWS has and the sandbox does not play', async () => {
    expect((await refusalOf(sandbox.ec2.send(new DescribeKeyPairsCommand({})))).code).toBe('InvalidAction');
  });

  it('plays nothing at other paths', async () => {
    expect((await fetch(`${sandbox.url}/other`)).status).toBe(404);
    expect((await fetch(sandbox.url)).status).toBe(404);
  });
});

describe('networks', () => {
  it('has one default VPC, found under both spellings of the filter', async () => {
    for (const Name of ['is-default', 'isDefault']) {
      const answer = await sandbox.ec2.send(new DescribeVpcsCommand({ Filters: [{ Name, Values: ['true'] }] }));
      expect(answer.Vpcs).toHaveLength(1);
      expect(answer.Vpcs?.[0]).toMatchObject({ IsDefault: true, State: 'available', CidrBlock: '172.31.0.0/16' });
    }
  });

  it('shows subnets with their VPC and the addresses that are left', async () => {
    const answer = await sandbox.ec2.send(new DescribeSubnetsCommand({}));
    expect(answer.Subnets).toHaveLength(3);
    const first = answer.Subnets?.[0];
    expect(first).toMatchObject({ MapPublicIpOnLaunch: true, AvailabilityZone: 'us-east-1a', DefaultForAz: true });
    expect(first?.AvailableIpAddressCount).toBeLessThan(4091);
    const one = await sandbox.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [first?.SubnetId ?? ''] }));
    expect(one.Subnets).toHaveLength(1);
    const unknown = await refusalOf(
      sandbox.ec2.send(new DescribeSubnetsCommand({ SubnetIds: ['subnet-0123456789abcdef0'] })),
    );
    expect(unknown.code).toBe('InvalidSubnetID.NotFound');
  });
});

describe('DescribeImages', () => {
  it('has images of roles, active and not, and others of foreign accounts unless an owner is named', async () => {
    const mine = (await sandbox.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images ?? [];
    const all = (await sandbox.ec2.send(new DescribeImagesCommand({}))).Images ?? [];
    expect(new Set(mine.map((image) => image.OwnerId))).toEqual(new Set(['123456789012']));
    expect(all.length).toBeGreaterThan(mine.length);
    const workers = await sandbox.ec2.send(
      new DescribeImagesCommand({
        Owners: ['self'],
        Filters: [
          { Name: 'tag:role', Values: ['worker'] },
          { Name: 'tag:active', Values: ['true'] },
          { Name: 'state', Values: ['available'] },
        ],
      }),
    );
    expect(workers.Images).toHaveLength(2);
    expect(workers.Images?.[0]?.Name).toMatch(/^worker-linux-\d{10}$/);
    expect(workers.Images?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize).toBe(8);
  });

  it('refuses ids and owners that cannot be', async () => {
    const code = async (input: DescribeImagesCommandInput): Promise<string> =>
      (await refusalOf(sandbox.ec2.send(new DescribeImagesCommand(input)))).code;
    expect(await code({ ImageIds: ['ami-xyz'] })).toBe('InvalidAMIID.Malformed');
    expect(await code({ ImageIds: ['ami-0123456789abcdef0'] })).toBe('InvalidAMIID.NotFound');
    expect(await code({ Owners: ['me'] })).toBe('InvalidParameterValue');
    expect(await code({ Filters: [{ Name: 'colour', Values: ['x'] }] })).toBe('InvalidParameterValue');
  });
});
