import { ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

interface ShownZone {
  readonly id: string;
  readonly name: string;
  readonly private: boolean;
  readonly record_sets?: { name: string; type: string }[];
}

let sandbox: StartedSandbox;
let zone: string;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
  zone = (await sandbox.get<{ zones: ShownZone[] }>('zones')).zones[0]?.id ?? '';
});
afterAll(() => sandbox.stop());

const edit = (...changes: object[]): Promise<{ status: number; body: unknown }> =>
  sandbox.send('POST', `zones/${zone}/edit`, { changes });

describe('a foreign hand', () => {
  it('changes a zone at once, without a request, and is noted as foreign', async () => {
    const change = { action: 'CREATE', name: 'theirs.example.com', type: 'A', ttl: 60, values: ['192.0.2.99'] };
    const answer = await edit(change);
    expect(answer).toEqual({ status: 200, body: { change_id: expect.stringMatching(/^C/) } });
    expect(await sandbox.effects()).toMatchObject([
      { service: 'route53', action: 'ChangeResourceRecordSets', foreign: true, zone_id: zone, changes: [change] },
    ]);
    expect((await sandbox.requests()).log).toEqual([]);
    const command = new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordName: 'theirs.example.com' });
    expect((await sandbox.route53.send(command)).ResourceRecordSets?.[0]).toMatchObject({
      Name: 'theirs.example.com.',
    });
  });

  it('can do all that Route 53 lets it: aliases, weights, wildcards', async () => {
    const alias = { zone_id: 'Z35SXDOTRQ7X7K', name: 'lb.example.net' };
    const answer = await edit(
      { action: 'CREATE', name: '*.x.example.com', type: 'A', alias },
      {
        action: 'CREATE',
        name: 'w.example.com',
        type: 'A',
        ttl: 60,
        values: ['192.0.2.1'],
        set_identifier: 'a',
        weight: 1,
      },
      {
        action: 'DELETE',
        name: 'api.example.com',
        type: 'A',
        alias: {
          zone_id: 'Z35SXDOTRQ7X7K',
          name: 'api-1234567890.us-east-1.elb.amazonaws.com',
          evaluate_target_health: true,
        },
      },
    );
    expect(answer.status).toBe(200);
    const { record_sets: sets = [] } = await sandbox.get<ShownZone>(`zones/${zone}`);
    expect(sets).toEqual(
      expect.arrayContaining([
        { name: '*.x.example.com', type: 'A', values: [], alias: { ...alias, evaluate_target_health: false } },
        { name: 'w.example.com', type: 'A', ttl: 60, values: ['192.0.2.1'], set_identifier: 'a', weight: 1 },
      ]),
    );
    expect(sets.map(({ name }) => name)).not.toContain('api.example.com');
  });

  it('has to follow the rules of Route 53: 409 with its words', async () => {
    const answer = await edit({ action: 'DELETE', name: 'no.example.com', type: 'A', ttl: 60, values: ['192.0.2.1'] });
    expect(answer).toEqual({
      status: 409,
      body: {
        error: "[Tried to delete resource record set [name='no.example.com.', type='A'] but it was not found]",
        problems: [
          { detail: "Tried to delete resource record set [name='no.example.com.', type='A'] but it was not found" },
        ],
      },
    });
  });

  it.each([
    [[]],
    [[{ action: 'CREATE', name: 'a.example.com', type: 'A' }]],
    [[{ action: 'MOVE', name: 'a.example.com', type: 'A', ttl: 1, values: ['192.0.2.1'] }]],
    [[{ action: 'CREATE', name: 'a.example.com', type: 'A', ttl: -1, values: ['192.0.2.1'] }]],
  ])('is refused with 400 for %j', async (changes) => {
    expect((await edit(...changes)).status).toBe(400);
  });
});

describe('zones', () => {
  it('are added, public or private', async () => {
    const open = await sandbox.send('POST', 'zones', { name: 'Added.example.net' });
    expect(open).toMatchObject({
      status: 201,
      body: { name: 'added.example.net', private: false, record_set_count: 2 },
    });
    const closed = await sandbox.send('POST', 'zones', { name: 'added.example.net', private: true });
    expect(closed).toMatchObject({ status: 201, body: { private: true, vpc_id: expect.stringMatching(/^vpc-/) } });
    expect((await sandbox.send('POST', 'zones', {})).status).toBe(400);
    expect((await sandbox.send('POST', 'zones', { name: 'a b' })).status).toBe(400);
  });

  it('are 404 where there is none', async () => {
    expect((await sandbox.send('GET', 'zones/Z1')).status).toBe(404);
    expect((await sandbox.send('POST', 'zones/Z1/edit', { changes: [] })).status).toBe(404);
    expect((await sandbox.send('GET', `zones/${zone}/edit`)).status).toBe(405);
    expect((await sandbox.send('GET', `zones/${zone}/more`)).status).toBe(404);
  });
});
