import { eventually } from '@quartermaster/testing';
import {
  detailOf,
  FAST_KUBERNETES,
  kanto,
  kantoOk,
  makeAccount,
  objectsOfLane,
  openCouchLane,
  type Operation,
} from '../harness/couchdb';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { expectUnchanged } from './unchanged';

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
  lane = await openCouchLane(system, 'deployment');
});
afterAll(() => system.stop());

describe('accounts', () => {
  it("see, scale, replicate and delete their own clusters only, also where another's has the same tag", async () => {
    const [ann, bob] = [await makeAccount(lane), await makeAccount(lane)];
    await kantoOk(lane, 'create', { ...ann, cluster_tag: 'annsown', replicas: 1 });
    const before = await objectsOfLane(system, lane);
    const tries: [Operation, Record<string, string | number>][] = [
      ['detail', {}],
      ['scale', { replicas: 3 }],
      ['replicate', { databases: 'mine' }],
      ['delete', {}],
    ];
    for (const [operation, fields] of tries) {
      const answer = await kanto(lane, operation, { ...bob, cluster_tag: 'annsown', ...fields });
      expect([operation, answer.status, answer.json().status]).toEqual([operation, 404, 'error']);
    }
    expect((await kantoOk(lane, 'list', bob)).result).toEqual([]);
    expectUnchanged('annsown', before, await objectsOfLane(system, lane));

    const same = await kantoOk(lane, 'create', { ...bob, cluster_tag: 'annsown', replicas: 1 });
    expect(same.result).toMatchObject({ Tag: 'annsown', Username: bob.username });
    expect((await kanto(lane, 'create', { ...ann, cluster_tag: 'annsown' })).status).toBe(409);
    await kantoOk(lane, 'delete', { ...bob, cluster_tag: 'annsown' });
    await eventually(async () => {
      expect((await detailOf(lane, ann, 'annsown')).Nodes).toMatchObject([{ Ready: true }]);
    });

    const path = `/accounts/${ann.username}`;
    const refused = await lane.api(path, { method: 'DELETE' });
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('annsown')]);
    await kantoOk(lane, 'delete', { ...ann, cluster_tag: 'annsown' });
    expect((await lane.api(path, { method: 'DELETE' })).status).toBe(204);
    expect((await kanto(lane, 'list', { ...ann })).status).toBe(401);
  });

  it('are refused alike, whatever is wrong with their credentials', async () => {
    const { username, token } = await makeAccount(lane);
    const wrong: Record<string, string>[] = [
      {},
      { username },
      { token },
      { username, token: '' },
      { username: '', token },
      { username: '', token: '' },
      { username, token: `${token}x` },
      { username, token: token.slice(0, -1) },
      { username, token: token.toUpperCase() },
      { username, token: ` ${token}` },
      { username, token: `${token}\n` },
      { username: username.toUpperCase(), token },
      { username: `${username} `, token },
      { username: 'nobody', token },
      { username: 'quartermaster', token },
      { username: 'admin', token: 'admin' },
      { username: '__proto__x', token },
      { username: '../accounts', token },
      { username: username + '\u0000', token },
      { username: 'x'.repeat(10_000), token },
      { username, token: 'y'.repeat(10_000) },
    ];
    const answers = await Promise.all(wrong.map((fields) => kanto(lane, 'list', fields)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
    expect(answers[0]?.json()).toMatchObject({ status: 'unauthorized' });
    expect((await kanto(lane, 'list', { username, token })).status).toBe(200);
  });

  it('keep their clusters as they are when a token is rotated', async () => {
    const login = await makeAccount(lane);
    const key = { cluster_tag: 'rotated' };
    const created = await kantoOk(lane, 'create', { ...login, ...key, replicas: 1 });
    const { Endpoint } = created.result as { Endpoint: string };
    const rotated = await lane.api<{ token: string }>(`/accounts/${login.username}/rotate`, { method: 'POST' });
    expect(rotated.status).toBe(200);
    const { token } = rotated.json();
    expect((await kanto(lane, 'list', { ...login })).status).toBe(401);
    expect((await kanto(lane, 'list', { ...login, token })).status).toBe(200);
    const asBefore = `Basic ${Buffer.from(`${login.username}:${login.token}`).toString('base64')}`;
    expect((await fetch(`${Endpoint}/test`, { headers: { authorization: asBefore } })).status).toBe(200);
    await kantoOk(lane, 'delete', { ...login, token, ...key });
  });
});
