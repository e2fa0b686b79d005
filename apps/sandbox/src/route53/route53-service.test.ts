import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  type CreateHostedZoneCommandInput,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListReusableDelegationSetsCommand,
  type Route53ClientConfig,
} from '@aws-sdk/client-route-53';
import { eventually } from '@quartermaster/testing';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

interface ShownZone {
  readonly id: string;
  readonly name: string;
  readonly private: boolean;
  readonly vpc_id: string | null;
}

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
});
afterAll(() => sandbox.stop());

const zones = async (on = sandbox): Promise<ShownZone[]> => (await on.get<{ zones: ShownZone[] }>('zones')).zones;
const changeIn = (zone: string, name = 'a.example.com'): ChangeResourceRecordSetsCommand =>
  new ChangeResourceRecordSetsCommand({
    HostedZoneId: zone,
    ChangeBatch: {
      Changes: [
        {
          Action: 'UPSERT',
          ResourceRecordSet: { Name: name, Type: 'A', TTL: 60, ResourceRecords: [{ Value: '192.0.2.1' }] },
        },
      ],
    },
  });

describe('credentials', () => {
  const valid = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox-secret' };

  it.each<[string, Route53ClientConfig, string]>([
    ['an unknown key', { credentials: { ...valid, accessKeyId: 'AKIAOTHER' } }, 'InvalidClientTokenId'],
    ['a wrong secret', { credentials: { ...valid, secretAccessKey: 'wrong' } }, 'SignatureDoesNotMatch'],
    ['another region', { region: 'eu-west-1' }, 'SignatureDoesNotMatch'],
    ['a clock that is wrong', { systemClockOffset: 20 * 60_000 }, 'SignatureDoesNotMatch'],
  ])('are refused with %s', async (_name, settings, code) => {
    const client = sandbox.route53With(settings);
    expect((await refusalOf(client.send(new ListHostedZonesCommand({})))).code).toBe(code);
    client.destroy();
  });

  it('are refused when they are missing, in the form of Route 53', async () => {
    const answer = await fetch(`${sandbox.url}/2013-04-01/hostedzone`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toMatch(
      /^<\?xml version="1.0"\?>\n<ErrorResponse xmlns="https:\/\/route53.amazonaws.com\/doc\/2013-04-01\/"><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken<\/Code>.*<RequestId>/,
    );
  });

  it('are right for a path that needs escapes', async () => {
    const call = sandbox.route53.send(new GetHostedZoneCommand({ Id: 'Z (1)*' }));
    expect(await refusalOf(call)).toEqual({
      code: 'NoSuchHostedZone',
      message: 'No hosted zone found with ID: Z (1)*',
    });
  });
});

describe('hosted zones', () => {
  it('are seeded: public and private ones, one name twice, the same at every start', async () => {
    const before = await zones();
    expect(before.map(({ name, private: isPrivate }) => `${name}${isPrivate ? ' private' : ''}`)).toEqual([
      'example.com',
      'sparkles.cluster private',
      'example.co.uk',
      'dev.example.co.uk',
      'both.example.org',
      'both.example.org private',
    ]);
    await sandbox.send('POST', 'reset');
    expect(await zones()).toEqual(before);
    const { vpcs } = await sandbox.resources();
    expect(vpcs.map(({ id }) => id)).toContain(before[1]?.vpc_id);
  });

  it('ListHostedZones goes page by page', async () => {
    const names: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await sandbox.route53.send(new ListHostedZonesCommand({ MaxItems: 4, Marker }));
      names.push(...(page.HostedZones ?? []).map(({ Name }) => Name));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(names).toEqual((await zones()).map(({ name }) => `${name}.`));
    const first = (await sandbox.route53.send(new ListHostedZonesCommand({}))).HostedZones?.[1];
    expect(first).toMatchObject({
      Id: expect.stringMatching(/^\/hostedzone\/Z[0-9A-Z]{20}$/),
      Config: { PrivateZone: true },
      ResourceRecordSetCount: 4,
    });
    const lost = sandbox.route53.send(new ListHostedZonesCommand({ Marker: 'Z1' }));
    expect((await refusalOf(lost)).code).toBe('InvalidInput');
  });

  it('ListHostedZonesByName sorts by the reversed labels and begins where it is told', async () => {
    const names = async (DNSName?: string): Promise<(string | undefined)[]> =>
      ((await sandbox.route53.send(new ListHostedZonesByNameCommand({ DNSName }))).HostedZones ?? []).map(
        ({ Name }) => Name,
      );
    const all = ['sparkles.cluster.', 'example.com.', 'both.example.org.', 'both.example.org.'];
    expect(await names()).toEqual([...all, 'example.co.uk.', 'dev.example.co.uk.']);
    expect(await names('example.co.uk')).toEqual(['example.co.uk.', 'dev.example.co.uk.']);
  });

  it('GetHostedZone tells the name servers of a public one, the VPC of a private one', async () => {
    const [open, closed] = await zones();
    const first = await sandbox.route53.send(new GetHostedZoneCommand({ Id: open?.id }));
    expect(first.DelegationSet?.NameServers).toHaveLength(4);
    expect(first.VPCs ?? []).toEqual([]);
    const second = await sandbox.route53.send(new GetHostedZoneCommand({ Id: `/hostedzone/${closed?.id}` }));
    expect(second.VPCs).toEqual([{ VPCId: closed?.vpc_id, VPCRegion: 'us-east-1' }]);
    expect(second.DelegationSet).toBeUndefined();
  });

  it('CreateHostedZone makes one with NS and SOA, once for a caller reference', async () => {
    const create = new CreateHostedZoneCommand({
      Name: 'New.Example.net',
      CallerReference: 'once',
      HostedZoneConfig: { Comment: 'a & b' },
    });
    const made = await sandbox.route53.send(create);
    expect(made).toMatchObject({
      HostedZone: {
        Name: 'new.example.net.',
        ResourceRecordSetCount: 2,
        Config: { Comment: 'a & b', PrivateZone: false },
      },
      ChangeInfo: { Status: 'PENDING' },
    });
    expect(made.Location).toContain('/2013-04-01/hostedzone/Z');
    expect(await sandbox.effects('CreateHostedZone')).toMatchObject([{ zone: 'new.example.net', private: false }]);
    expect(await refusalOf(sandbox.route53.send(create))).toEqual({
      code: 'HostedZoneAlreadyExists',
      message: 'A hosted zone has already been created with the specified caller reference.',
    });
  });

  it.each<[string, Partial<CreateHostedZoneCommandInput>, string]>([
    ['a private one without a VPC', { HostedZoneConfig: { PrivateZone: true } }, 'InvalidInput'],
    ['a VPC that is not there', { VPC: { VPCId: 'vpc-1', VPCRegion: 'us-east-1' } }, 'InvalidVPCId'],
    ['a name with a space', { Name: 'a b.example.net' }, 'InvalidDomainName'],
    ['an empty reference', { CallerReference: '' }, 'InvalidInput'],
    ['a delegation set', { DelegationSetId: 'N1' }, 'InvalidInput'],
  ])('CreateHostedZone refuses %s', async (_name, input, code) => {
    const call = new CreateHostedZoneCommand({ Name: 'example.net', CallerReference: 'r', ...input });
    expect((await refusalOf(sandbox.route53.send(call))).code).toBe(code);
  });

  it('CreateHostedZone refuses a private name twice in a VPC', async () => {
    const VPC = { VPCId: (await zones())[1]?.vpc_id ?? '', VPCRegion: 'us-east-1' as const };
    const call = new CreateHostedZoneCommand({ Name: 'sparkles.cluster', CallerReference: 'r', VPC });
    expect((await refusalOf(sandbox.route53.send(call))).code).toBe('ConflictingDomainExists');
    const other = new CreateHostedZoneCommand({ Name: 'other.cluster', CallerReference: 'r', VPC });
    expect((await sandbox.route53.send(other)).VPC).toEqual(VPC);
  });

  it('refuses what is not played or not known', async () => {
    const [zone] = await zones();
    const strange = sandbox.route53.send(new ListReusableDelegationSetsCommand({}));
    expect((await refusalOf(strange)).code).toBe('UnknownOperationException');
    expect(await refusalOf(sandbox.route53.send(changeIn('Z1')))).toEqual({
      code: 'NoSuchHostedZone',
      message: 'No hosted zone found with ID: Z1',
    });
    const client = sandbox.route53With({});
    const sendBody = async (body: string): Promise<{ code: string; message: string }> => {
      client.middlewareStack.add(
        (next) => (args) => {
          (args.request as { body: string }).body = body;
          return next(args);
        },
        { step: 'build', priority: 'high', name: 'body', override: true },
      );
      return refusalOf(client.send(changeIn(zone?.id ?? '')));
    };
    expect(await sendBody('<ChangeBatch/>')).toEqual({
      code: 'MalformedInput',
      message: 'ChangeBatch is not valid, expected ChangeResourceRecordSetsRequest',
    });
    for (const body of ['', '<a>', '<a></b>', '<!DOCTYPE a><a/>', '<a>&b;</a>', '<a/><a/>']) {
      expect((await sendBody(body)).code).toBe('MalformedInput');
    }
    client.destroy();
  });
});

describe('too many requests', () => {
  it('are refused above five in a second where that is switched on', async () => {
    const strict = await startSandbox({ SANDBOX_CLOUD_INIT: 'off', SANDBOX_THROTTLE: 'on' });
    try {
      strict.clock.hold();
      const calls = Array.from({ length: 12 }, () => strict.route53.send(new ListHostedZonesCommand({})));
      const refused = (await Promise.allSettled(calls)).filter((call) => call.status === 'rejected');
      expect(refused).toHaveLength(7);
      expect(refused[0]?.reason).toMatchObject({
        name: 'Throttling',
        message: 'Rate exceeded',
        $metadata: { httpStatusCode: 400 },
      });
    } finally {
      await strict.stop();
    }
  });

  it('are refused for a zone that works on a change, and not for another', async () => {
    const slow = await startSandbox({ SANDBOX_CLOUD_INIT: 'off', SANDBOX_ROUTE53_PROCESS_MS: '300' });
    try {
      const [one, , two] = await zones(slow);
      // Those that come at once; again where the machine was so slow that one was through before another came.
      await eventually(async () => {
        const sent = [changeIn(one?.id ?? ''), changeIn(one?.id ?? ''), changeIn(two?.id ?? '', 'a.example.co.uk')];
        const [first, second, elsewhere] = await Promise.allSettled(sent.map((each) => slow.route53.send(each)));
        expect(elsewhere).toMatchObject({ status: 'fulfilled' });
        expect([first, second].filter((each) => each?.status === 'fulfilled')).toHaveLength(1);
        expect([first, second]).toContainEqual({
          status: 'rejected',
          reason: expect.objectContaining({
            name: 'PriorRequestNotComplete',
            message: 'The request was rejected because Route 53 was still processing a prior request.',
          }) as Error,
        });
      });
      await slow.route53.send(changeIn(one?.id ?? ''));
    } finally {
      await slow.stop();
    }
  });
});

describe('faults', () => {
  const fault = async (body: object): Promise<void> => {
    expect((await sandbox.send('POST', 'faults', body)).status).toBe(201);
  };

  it.each<[object, { name: string; status: number }]>([
    [{ kind: 'throttle' }, { name: 'Throttling', status: 400 }],
    [{ kind: 'prior-request' }, { name: 'PriorRequestNotComplete', status: 400 }],
    [{ kind: 'error' }, { name: 'InternalFailure', status: 500 }],
    [
      { kind: 'error', code: 'AccessDenied', status: 403 },
      { name: 'AccessDenied', status: 403 },
    ],
  ])('%j refuses the change before its effect', async (body, { name, status }) => {
    const [zone] = await zones();
    await fault({ ...body, service: 'route53', action: 'ChangeResourceRecordSets', count: 1 });
    await expect(sandbox.route53.send(changeIn(zone?.id ?? ''))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    });
    expect(await sandbox.effects()).toEqual([]);
    await sandbox.route53.send(changeIn(zone?.id ?? ''));
  });

  it('drop-answer loses the answer to a change that was made; down loses the request', async () => {
    const [zone] = await zones();
    await fault({ kind: 'drop-answer', service: 'route53', count: 1 });
    await refusalOf(sandbox.route53.send(changeIn(zone?.id ?? '')));
    expect(await sandbox.effects()).toHaveLength(1);
    await fault({ kind: 'down', service: 'route53', count: 1 });
    await refusalOf(sandbox.route53.send(changeIn(zone?.id ?? '')));
    const { log } = await sandbox.requests();
    expect(log.map(({ outcome }) => outcome)).toEqual(['dropped-after', 'dropped-before']);
    expect(await sandbox.effects()).toHaveLength(1);
  });

  it.each([
    { kind: 'prior-request', service: 'ec2' },
    { kind: 'prior-request', action: 'GetChange' },
    { kind: 'no-capacity', service: 'route53' },
  ])('%j is refused', async (body) => {
    expect((await sandbox.send('POST', 'faults', body)).status).toBe(400);
  });
});
