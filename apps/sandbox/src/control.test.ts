import { CreateTagsCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { startSandbox, type StartedSandbox } from './testing/started-sandbox.js';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
});
afterAll(() => sandbox.stop());

async function tagFleet(value: string): Promise<void> {
  const { instances } = await sandbox.get<{ instances: { id: string }[] }>('instances');
  const [first] = instances;
  await sandbox.ec2.send(
    new CreateTagsCommand({ Resources: [first?.id ?? ''], Tags: [{ Key: 'note', Value: value }] }),
  );
}

describe('the sandbox itself', () => {
  it('says that it lives, and 404 or 405 for what it does not have', async () => {
    expect(await sandbox.send('GET', 'health')).toEqual({ status: 200, body: { ok: true } });
    expect((await sandbox.send('GET', 'nothing')).status).toBe(404);
    expect((await sandbox.send('GET', 'instances/i-1')).status).toBe(404);
    expect((await sandbox.send('GET', 'instances/i-1/more')).status).toBe(404);
    expect((await sandbox.send('PUT', 'health')).status).toBe(405);
    expect((await sandbox.send('POST', 'faults', '{')).status).toBe(400);
  });

  it('numbers effects, and hands out those after one that is known', async () => {
    await tagFleet('1');
    await tagFleet('2');
    const all = await sandbox.effects();
    expect(all.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(all[0]).toMatchObject({
      service: 'ec2',
      action: 'CreateTags',
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const { effects } = await sandbox.get<{ effects: { seq: number }[] }>('effects?since=1&action=CreateTags');
    expect(effects.map(({ seq }) => seq)).toEqual([2]);
    expect((await sandbox.send('GET', 'effects?since=x')).status).toBe(400);
  });

  it('counts requests by service and action and lists them in order with their outcome', async () => {
    await sandbox.ec2.send(new DescribeVpcsCommand({}));
    await sandbox.ec2.send(new DescribeVpcsCommand({ VpcIds: ['vpc-0123456789abcdef0'] })).catch(() => undefined);
    await sandbox.slack.auth.test();
    const { counts, log } = await sandbox.requests();
    expect(counts).toEqual({ ec2: { DescribeVpcs: 2 }, slack: { 'auth.test': 1 } });
    expect(log.map(({ outcome }) => outcome)).toEqual(['ok', 'InvalidVpcID.NotFound', 'ok']);
  });

  it('adds to the fleet, within limits', async () => {
    const answer = await sandbox.send('POST', 'seed', { instances: 3 });
    expect(answer.status).toBe(201);
    expect((answer.body as { instance_ids: string[] }).instance_ids).toHaveLength(3);
    const tagged = await sandbox.send('POST', 'seed', { instances: 1, tags: { role: 'web', owner: 'somebody' } });
    const [id = ''] = (tagged.body as { instance_ids: string[] }).instance_ids;
    const { tags } = await sandbox.get<{ tags: object }>(`instances/${id}`);
    expect(tags).toMatchObject({ role: 'web', owner: 'somebody', site: 'org' });
    for (const body of [{}, { instances: 0 }, { instances: 1.5 }, { instances: 15_001 }, { instances: '3' }]) {
      expect((await sandbox.send('POST', 'seed', body)).status).toBe(400);
    }
    expect((await sandbox.send('POST', 'seed', { instances: 15_000 })).status).toBe(201);
    expect((await sandbox.send('POST', 'seed', { instances: 15_000 })).status).toBe(409);
  });

  it('begins anew on reset: fleet, effects, messages and faults', async () => {
    await tagFleet('1');
    await sandbox.slack.apiCall('chat.postMessage', { channel: 'general', text: 'x' });
    await sandbox.send('POST', 'faults', { kind: 'down' });
    const before = await sandbox.resources();
    await sandbox.send('POST', 'reset');
    expect(await sandbox.effects()).toEqual([]);
    expect(await sandbox.get('slack')).toEqual({ messages: [] });
    expect(await sandbox.get('faults')).toEqual({ faults: [] });
    expect(await sandbox.resources()).toEqual(before);
    const { instances } = await sandbox.get<{ instances: { tags: Record<string, string> }[] }>('instances');
    expect(instances.every(({ tags }) => tags['note'] === undefined)).toBe(true);
  });
});
