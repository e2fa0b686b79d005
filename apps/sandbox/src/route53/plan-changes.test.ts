import { ChangeResourceRecordSetsCommand, type Change, type RRType } from '@aws-sdk/client-route-53';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;
let zone: string;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
  const { zones } = await sandbox.get<{ zones: { id: string; name: string }[] }>('zones');
  zone = zones.find(({ name }) => name === 'example.com')?.id ?? '';
});
afterAll(() => sandbox.stop());

const make = (
  Action: Change['Action'],
  Name: string,
  Type: RRType,
  values: string[],
  rest: Partial<Change['ResourceRecordSet']> = {},
): Change => ({
  Action,
  ResourceRecordSet: { Name, Type, TTL: 60, ResourceRecords: values.map((Value) => ({ Value })), ...rest },
});
const create = (name: string, type: RRType, ...values: string[]): Change => make('CREATE', name, type, values);

const refusal = (...Changes: Change[]): Promise<{ code: string; message: string }> =>
  refusalOf(
    sandbox.route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes } })),
  );

const label = 'x'.repeat(63);
const longest = `${label}.${label}.${label}.${'x'.repeat(49)}.example.com`;

describe('what a zone does not take', () => {
  it.each<[string, Change[], string]>([
    [
      'a CNAME at the apex',
      [create('example.com', 'CNAME', 'example.net')],
      'RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.',
    ],
    [
      'a CNAME beside others',
      [create('www.example.com', 'CNAME', 'example.net')],
      'RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with other records with the ' +
        'same DNS name in zone example.com.',
    ],
    [
      'others beside a CNAME',
      [create('*.apps.example.com', 'TXT', '"x"')],
      'RRSet of type TXT with DNS name \\052.apps.example.com. is not permitted because a conflicting RRSet of type ' +
        'CNAME with the same DNS name already exists in zone example.com.',
    ],
    [
      'a CNAME before the DELETE that would make room',
      [
        create('www.example.com', 'CNAME', 'a.b'),
        make('DELETE', 'www.example.com', 'A', ['192.0.2.10', '192.0.2.11'], { TTL: 300 }),
      ],
      'RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with',
    ],
    [
      'a name of another zone',
      [create('a.example.co.uk', 'A', '192.0.2.1')],
      'RRSet with DNS name a.example.co.uk. is not permitted in zone example.com.',
    ],
    [
      'a name that only ends alike',
      [create('notexample.com', 'A', '192.0.2.1')],
      'RRSet with DNS name notexample.com. is not permitted in zone example.com.',
    ],
    [
      'the same set twice',
      [create('a.example.com', 'CNAME', 'x.y'), create('A.example.com.', 'CNAME', 'x.y')],
      "The request contains an invalid set of changes for a resource record set 'CNAME a.example.com.'",
    ],
    [
      'CREATE and then DELETE of one set',
      [create('a.example.com', 'A', '192.0.2.1'), make('DELETE', 'a.example.com', 'A', ['192.0.2.1'])],
      "The request contains an invalid set of changes for a resource record set 'A a.example.com.'",
    ],
    [
      'a value twice',
      [create('a.example.com', 'A', '192.0.2.1', '192.0.2.1')],
      "Duplicate Resource Record: '192.0.2.1'",
    ],
    [
      'the end of its SOA',
      [make('DELETE', 'example.com', 'SOA', [])].map((change) => ({
        ...change,
        ResourceRecordSet: {
          ...change.ResourceRecordSet,
          Name: 'example.com',
          Type: 'SOA' as const,
          ResourceRecords: [{ Value: 'a. b. 1 1 1 1 1' }],
        },
      })),
      "Tried to delete resource record set [name='example.com.', type='SOA'] but the values provided do not match",
    ],
    [
      'two values of a CNAME',
      [create('a.example.com', 'CNAME', 'x.y', 'x.z')],
      'must contain exactly one resource record',
    ],
    [
      'one without a weight beside those with one',
      [create('shop.example.com', 'A', '192.0.2.1')],
      'a weighted RRSet with the same name and type already exists in zone example.com.',
    ],
    [
      'the same weighted set again',
      [make('CREATE', 'shop.example.com', 'A', ['192.0.2.1'], { SetIdentifier: 'blue', Weight: 1 })],
      "Tried to create resource record set [name='shop.example.com.', type='A', set-identifier='blue'] but it already exists",
    ],
    [
      '401 values',
      [create('a.example.com', 'A', ...Array.from({ length: 401 }, (_, n) => `10.0.${n >> 8}.${n & 255}`))],
      'Cannot have more than 400 records',
    ],
  ])('%s', async (_name, changes, words) => {
    const { code, message } = await refusal(...changes);
    expect(code).toBe('InvalidChangeBatch');
    expect(message).toMatch(/^\[.*\]$/);
    expect(message).toContain(words);
  });

  it('the end of its NS and SOA records', async () => {
    const { record_sets: sets } = await sandbox.get<{
      record_sets: { name: string; type: RRType; ttl: number; values: string[] }[];
    }>(`zones/${zone}`);
    const apex = sets.filter(({ name, type }) => name === 'example.com' && (type === 'NS' || type === 'SOA'));
    const changes = apex.map(({ name, type, ttl, values }) => make('DELETE', name, type, values, { TTL: ttl }));
    expect((await refusal(...changes)).message).toBe(
      '[A HostedZone must contain exactly one SOA record., A HostedZone must contain at least one NS record for the zone itself.]',
    );
  });

  it.each<[string, string, string]>([
    [
      'an empty label',
      'a..example.com',
      "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..example.com'",
    ],
    ['a dot in front', '.example.com', 'FATAL problem: DomainLabelEmpty (Domain label is empty)'],
    [
      'a label of 64',
      `${label}x.example.com`,
      `FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '${label}x'`,
    ],
    [
      '256 octets',
      longest.replace('.example', 'x.example'),
      'FATAL problem: DomainNameTooLong (Domain name is too long) encountered with',
    ],
    [
      'a space',
      'a b.example.com',
      "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with ' '",
    ],
    [
      'an umlaut',
      'ä.example.com',
      "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with 'ä'",
    ],
    ['a broken escape', 'a\\9.example.com', 'FATAL problem: InvalidEscapeSequence'],
  ])('names with %s', async (_name, name, words) => {
    const { code, message } = await refusal(create(name, 'A', '192.0.2.1'));
    expect(code).toBe('InvalidChangeBatch');
    expect(message).toContain(words);
  });

  it.each<[RRType, string, string]>([
    [
      'A',
      'abc',
      "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'abc'']",
    ],
    ['A', '256.1.1.1', 'ARRDATAIllegalIPv4Address'],
    ['A', '192.0.2.01', 'ARRDATAIllegalIPv4Address'],
    ['A', '::1', 'ARRDATAIllegalIPv4Address'],
    ['AAAA', '192.0.2.1', 'AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)'],
    ['AAAA', 'fe80::1%eth0', 'AAAARRDATAIllegalIPv6Address'],
    ['TXT', 'plain', 'InvalidCharacterString (Value should be enclosed in quotation marks)'],
    ['TXT', '"open', 'InvalidCharacterString'],
    ['TXT', '"a"b"', 'InvalidCharacterString'],
    ['TXT', `"${'x'.repeat(256)}"`, 'CharacterStringTooLong (Value is too long)'],
    ['TXT', '"é"', 'UnsupportedCharacter'],
    ['CNAME', 'a..b', 'DomainLabelEmpty'],
    ['CNAME', 'a b', 'UnsupportedCharacter'],
    ['SRV', '1 1 80', "SRVRRDATANotFourFields (SRV record doesn't have 4 fields)"],
    ['SRV', '1 1 70000 a.b', 'SRVRRDATAIllegalNumber'],
    ['SRV', '1 1 -1 a.b', 'SRVRRDATAIllegalNumber'],
    ['SRV', '1 1 80 a..b', 'DomainLabelEmpty'],
    ['MX', 'mail.example.com', 'MXRRDATANotTwoFields'],
    ['CAA', 'issue letsencrypt', 'CAARRDATAInvalidFormat'],
  ])('%s %s', async (type, value, words) => {
    const { code, message } = await refusal(create('a.example.com', type, value));
    expect(code).toBe('InvalidChangeBatch');
    expect(message).toContain(words);
  });
});

describe('what the schema does not take', () => {
  it.each<[string, Change, string]>([
    [
      'a TTL below 0',
      make('CREATE', 'a.example.com', 'A', ['192.0.2.1'], { TTL: -1 }),
      "cvc-minInclusive-valid: Value '-1'",
    ],
    [
      'a TTL above 2^31 - 1',
      make('CREATE', 'a.example.com', 'A', ['192.0.2.1'], { TTL: 2 ** 31 }),
      "cvc-maxInclusive-valid: Value '2147483648'",
    ],
    [
      'no TTL',
      make('CREATE', 'a.example.com', 'A', ['192.0.2.1'], { TTL: undefined }),
      'Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=a.example.com, Type=A, SetIdentifier=null]',
    ],
    [
      'no values',
      make('CREATE', 'a.example.com', 'A', []),
      "cvc-complex-type.2.4.b: The content of element 'ResourceRecords' is not complete.",
    ],
    ['another type', make('CREATE', 'a.example.com', 'a' as RRType, ['192.0.2.1']), 'cvc-enumeration-valid'],
    ['another action', make('REPLACE' as 'CREATE', 'a.example.com', 'A', ['192.0.2.1']), 'cvc-enumeration-valid'],
    [
      'a value of 4001',
      create('a.example.com', 'TXT', `"${'x'.repeat(3999)}"`),
      "with length = '4001' is not facet-valid",
    ],
    [
      'a weight without an identifier',
      make('CREATE', 'a.example.com', 'A', ['192.0.2.1'], { Weight: 1 }),
      "Missing field 'SetIdentifier'",
    ],
    [
      'an identifier without a weight',
      make('CREATE', 'a.example.com', 'A', ['192.0.2.1'], { SetIdentifier: 'x' }),
      'Expected exactly one of [Weight',
    ],
    [
      'what is not played',
      make('CREATE', 'a.example.com', 'A', ['192.0.2.1'], { SetIdentifier: 'x', Region: 'us-east-1' }),
      'Region is not played by the sandbox',
    ],
  ])('%s', async (_name, change, words) => {
    const { code, message } = await refusal(change);
    expect(code).toBe('InvalidInput');
    expect(message).toContain(words);
  });

  it('a batch without changes', async () => {
    expect(await refusal()).toMatchObject({ code: 'InvalidInput' });
  });

  it('takes names and values at their limits', async () => {
    const fine = [
      create(longest, 'A', '192.0.2.1'),
      create('_srv._tcp.example.com', 'SRV', '1 1 65535 *.example.com', '0 0 0 .'),
      create('*.example.com', 'TXT', `"${'x'.repeat(255)}" "it\\"s \\\\ \\303\\244"`),
      create('xn--bcher-kva.example.com', 'AAAA', '2001:db8::1'),
      create('a\\100b.example.com', 'CNAME', 'Example.NET.'),
    ];
    const command = { HostedZoneId: zone, ChangeBatch: { Changes: fine } };
    await sandbox.route53.send(new ChangeResourceRecordSetsCommand(command));
    const { record_sets: sets } = await sandbox.get<{ record_sets: { name: string }[] }>(`zones/${zone}`);
    expect(sets.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['*.example.com', 'a\\100b.example.com', longest, '_srv._tcp.example.com']),
    );
  });
});
