import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  type Change,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
  type RRType,
} from '@aws-sdk/client-route-53';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;
let example: string;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
  example = await zoneId('example.com');
});
afterAll(() => sandbox.stop());

async function zoneId(name: string): Promise<string> {
  const { zones } = await sandbox.get<{ zones: { id: string; name: string; private: boolean }[] }>('zones');
  return zones.find((zone) => zone.name === name)?.id ?? '';
}

const set = (Name: string, values: string[], Type: RRType = 'A', TTL = 60): ResourceRecordSet => ({
  Name,
  Type,
  TTL,
  ResourceRecords: values.map((Value) => ({ Value })),
});
const create = (...given: Parameters<typeof set>): Change => ({ Action: 'CREATE', ResourceRecordSet: set(...given) });
const remove = (...given: Parameters<typeof set>): Change => ({ Action: 'DELETE', ResourceRecordSet: set(...given) });
const upsert = (...given: Parameters<typeof set>): Change => ({ Action: 'UPSERT', ResourceRecordSet: set(...given) });

async function change(...Changes: Change[]): Promise<string> {
  const command = new ChangeResourceRecordSetsCommand({ HostedZoneId: example, ChangeBatch: { Changes } });
  return (await sandbox.route53.send(command)).ChangeInfo?.Id ?? '';
}

const list = (
  input: Omit<ListResourceRecordSetsCommandInput, 'HostedZoneId'> = {},
): Promise<ListResourceRecordSetsCommandOutput> =>
  sandbox.route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: example, ...input }));

/** What stands at a name, as `TYPE ttl value,value`. */
async function at(name: string): Promise<string[]> {
  const { ResourceRecordSets = [] } = await list({ StartRecordName: name });
  return ResourceRecordSets.filter((found) => found.Name === `${name}.`).map(
    (found) => `${found.Type} ${found.TTL} ${found.ResourceRecords?.map(({ Value }) => Value).join(',')}`,
  );
}

describe('ChangeResourceRecordSets', () => {
  it('creates, replaces and deletes, and notes one effect each with what was changed', async () => {
    await change(create('New.Example.COM', ['192.0.2.1', '192.0.2.2']));
    expect(await at('new.example.com')).toEqual(['A 60 192.0.2.1,192.0.2.2']);
    await change(upsert('new.example.com.', ['192.0.2.3'], 'A', 300), create('t.example.com', ['"a b" "c"'], 'TXT'));
    expect(await at('new.example.com')).toEqual(['A 300 192.0.2.3']);
    const id = await change(remove('new.example.com', ['192.0.2.3'], 'A', 300));
    expect(await at('new.example.com')).toEqual([]);
    const effects = await sandbox.effects('ChangeResourceRecordSets');
    expect(effects.map(({ changes }) => (changes as unknown[]).length)).toEqual([1, 2, 1]);
    expect(effects[2]).toMatchObject({
      service: 'route53',
      zone_id: example,
      zone: 'example.com',
      change_id: id.replace('/change/', ''),
      changes: [{ action: 'DELETE', name: 'new.example.com', type: 'A', ttl: 300, values: ['192.0.2.3'] }],
    });
    expect(effects[2]).not.toHaveProperty('foreign');
  });

  it('is PENDING, then INSYNC', async () => {
    sandbox.clock.hold();
    const Id = await change(create('a.example.com', ['192.0.2.1']));
    const status = async (): Promise<string | undefined> =>
      (await sandbox.route53.send(new GetChangeCommand({ Id }))).ChangeInfo?.Status;
    expect(Id).toMatch(/^\/change\/C[0-9A-Z]{20}$/);
    expect(await status()).toBe('PENDING');
    sandbox.clock.pass(150);
    expect(await status()).toBe('INSYNC');
    expect(await refusalOf(sandbox.route53.send(new GetChangeCommand({ Id: 'C123' })))).toEqual({
      code: 'NoSuchChange',
      message: 'Could not find resource with ID: C123',
    });
  });

  it('takes the values of a DELETE in any order, and moves a name to another type in one batch', async () => {
    await change(
      remove('www.example.com', ['192.0.2.11', '192.0.2.10'], 'A', 300),
      create('www.example.com', ['web.example.com'], 'CNAME'),
    );
    expect(await at('www.example.com')).toEqual(['CNAME 60 web.example.com']);
    await change(
      remove('www.example.com', ['web.example.com'], 'CNAME'),
      create('www2.example.com', ['web.example.com'], 'CNAME'),
      create('www.example.com', ['192.0.2.1']),
    );
    expect(await at('www.example.com')).toEqual(['A 60 192.0.2.1']);
  });

  it('deletes and creates the same set in one batch', async () => {
    await change(create('a.example.com', ['192.0.2.1']));
    await change(remove('a.example.com', ['192.0.2.1']), create('a.example.com', ['192.0.2.2']));
    expect(await at('a.example.com')).toEqual(['A 60 192.0.2.2']);
  });

  it('does all or nothing, and says everything that is wrong', async () => {
    const call = change(
      create('fine.example.com', ['192.0.2.1']),
      create('www.example.com', ['192.0.2.1']),
      remove('gone.example.com', ['192.0.2.1']),
      create('x.example.org', ['192.0.2.1']),
    );
    expect(await refusalOf(call)).toEqual({
      code: 'InvalidChangeBatch',
      message:
        '[RRSet with DNS name x.example.org. is not permitted in zone example.com., ' +
        "Tried to create resource record set [name='www.example.com.', type='A'] but it already exists, " +
        "Tried to delete resource record set [name='gone.example.com.', type='A'] but it was not found]",
    });
    expect(await at('fine.example.com')).toEqual([]);
    expect(await sandbox.effects()).toEqual([]);
    const { log } = await sandbox.requests();
    expect(log[0]).toMatchObject({
      service: 'route53',
      action: 'ChangeResourceRecordSets',
      outcome: 'InvalidChangeBatch',
    });
  });

  it('wants a DELETE to hold what stands there', async () => {
    const mismatch = {
      code: 'InvalidChangeBatch',
      message:
        "[Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not match " +
        'the current values]',
    };
    for (const wrong of [
      remove('www.example.com', ['192.0.2.10'], 'A', 300),
      remove('www.example.com', ['192.0.2.10', '192.0.2.12'], 'A', 300),
      remove('www.example.com', ['192.0.2.10', '192.0.2.11'], 'A', 301),
    ]) {
      expect(await refusalOf(change(wrong))).toEqual(mismatch);
    }
    // The observed answer to a failed replacement has both messages.
    const both = change(remove('www.example.com', ['192.0.2.9'], 'A', 300), create('www.example.com', ['192.0.2.9']));
    expect((await refusalOf(both)).message).toBe(
      "[Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not match the " +
        "current values, Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]",
    );
  });

  it('counts values, those of UPSERT twice', async () => {
    const many = (count: number, action: typeof create): Change[] =>
      Array.from({ length: count }, (_, index) => action(`n${index}.example.com`, ['192.0.2.1']));
    const refused = { code: 'InvalidChangeBatch', message: '[Number of records limit of 1000 exceeded.]' };
    expect(await refusalOf(change(...many(1001, create)))).toEqual(refused);
    expect(await refusalOf(change(...many(501, upsert)))).toEqual(refused);
    await change(...many(500, upsert));
    const text = `"${'x'.repeat(250)}"`;
    const long = Array.from({ length: 127 }, (_, index) => create(`t${index}.example.com`, [text], 'TXT'));
    expect((await refusalOf(change(...long))).message).toBe('[RDATA character limit of 32000 exceeded.]');
    await change(...long.slice(1));
  });
});

describe('ListResourceRecordSets', () => {
  it("is in Route 53's order, spells a wildcard as \\052, and shows aliases and weights", async () => {
    await change(create('api-2.example.com', ['192.0.2.1']), create('api.example.com', ['"x"'], 'TXT'));
    const { ResourceRecordSets = [], IsTruncated, MaxItems } = await list();
    expect([IsTruncated, MaxItems]).toEqual([false, 300]);
    expect(
      ResourceRecordSets.map(({ Name, Type, SetIdentifier }) => [Name, Type, SetIdentifier].join(' ').trim()),
    ).toEqual([
      'example.com. MX',
      'example.com. NS',
      'example.com. SOA',
      'example.com. TXT',
      'api-2.example.com. A',
      'api.example.com. A',
      'api.example.com. TXT',
      '\\052.apps.example.com. CNAME',
      'shop.example.com. A blue',
      'shop.example.com. A green',
      'www.example.com. A',
    ]);
    expect(ResourceRecordSets[5]?.AliasTarget).toMatchObject({ EvaluateTargetHealth: true });
    expect(ResourceRecordSets[8]).toMatchObject({ Weight: 90, TTL: 60 });
  });

  it('goes page by page to the end', async () => {
    const seen: string[] = [];
    let page: ListResourceRecordSetsCommandOutput | undefined;
    do {
      page = await list({
        MaxItems: 2,
        StartRecordName: page?.NextRecordName,
        StartRecordType: page?.NextRecordType,
        StartRecordIdentifier: page?.NextRecordIdentifier,
      });
      seen.push(...(page.ResourceRecordSets ?? []).map(({ Name, Type }) => `${Name} ${Type}`));
    } while (page.IsTruncated === true);
    expect(seen).toHaveLength(9);
    expect(new Set(seen).size).toBe(8);
  });

  it('finds a name in any spelling', async () => {
    for (const StartRecordName of ['*.apps.example.com', '\\052.APPS.example.com.', '\\052.apps.example.com']) {
      const { ResourceRecordSets } = await list({ StartRecordName, MaxItems: 1 });
      expect(ResourceRecordSets?.[0]?.Name).toBe('\\052.apps.example.com.');
    }
  });

  it.each<[string, Omit<ListResourceRecordSetsCommandInput, 'HostedZoneId'>, string]>([
    ['a type without a name', { StartRecordType: 'A' }, 'StartRecordType is given without StartRecordName'],
    ['a name with an empty label', { StartRecordName: 'a..example.com' }, 'DomainLabelEmpty'],
    ['a page of nothing', { MaxItems: 0 }, "Value '0' at 'maxItems'"],
  ])('refuses %s', async (_name, input, words) => {
    const refusal = await refusalOf(list(input));
    expect(refusal.code).toBe('InvalidInput');
    expect(refusal.message).toContain(words);
  });
});
