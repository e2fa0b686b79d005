import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { eventually } from '@quartermaster/testing';
import { buildReaches, effectsOf, postBuild, setFault, slackMessages, type ShownBuild } from '../harness/builds';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';
import { errorsOf, rawRequest } from './raw-request';

interface Listed {
  readonly id: string;
  readonly managed: boolean;
  readonly site: string;
  readonly [field: string]: unknown;
}

// Above the limits of the waits inside, so that these say what was missing.
let system: System;
let lane: Lane;
let build: ShownBuild;
let seeded: string[];

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane();
  const tags = { site: 'foreign', env: 'prod', queue: 'elsewhere', role: 'legacy' };
  const body = { instances: 5, tags };
  seeded = (await system.sandbox<{ instance_ids: string[] }>('/_sandbox/seed', { body })).json().instance_ids;
  const { id } = await postBuild(lane.api, { site: 'ours', count: 3 });
  build = await buildReaches(lane.api, id, 'finished');
  await eventually(async () => expect(await list('?site=foreign')).toHaveLength(5));
});
afterEach(() => system.sandbox('/_sandbox/faults', { method: 'DELETE' }));
afterAll(() => system.stop());

async function list(query = ''): Promise<Listed[]> {
  const answer = await lane.api<{ instances: Listed[] }>(`/instances${query}`);
  expect(answer.status).toBe(200);
  return answer.json().instances;
}

/** Waits until every instance is as it will stay, and so is the list of them. */
function allRun(): Promise<Listed[]> {
  return eventually(async () => {
    const instances = await list();
    expect(instances.every(({ state }) => state === 'running')).toBe(true);
    return instances;
  });
}

async function stateOf(id: string): Promise<string> {
  return (await system.sandbox<{ state: string }>(`/_sandbox/instances/${id}`)).json().state;
}

describe('GET /instances', () => {
  it('tells what this installation made from the rest', async () => {
    const all = await list();
    const managed = all.filter((instance) => instance.managed).map(({ id }) => id);
    expect(managed.sort()).toEqual([...build.instance_ids].sort());
    expect(all.filter((instance) => !instance.managed).map(({ id }) => id)).toEqual(expect.arrayContaining(seeded));
    const other = await system.openLane({ start: ['mini-worker'] });
    const { instances } = (await other.api<{ instances: Listed[] }>('/instances')).json();
    expect(instances.length).toBe(all.length);
    expect(instances.some((instance) => instance.managed)).toBe(false);
    await other.stop();
  });

  it.each([
    ['?site=foreign', 5],
    ['?site=foreign&env=prod&role=legacy&queue=elsewhere', 5],
    ['?site=foreign&env=staging', 0],
    ['?role=legacy', 5],
    ['?queue=elsewhere', 5],
    ['?site=ours', 3],
    ['?site=ours&role=worker&unknown=1', 3],
    ['?site=our', 0],
    ['?site=foreign&env=', 5],
  ])('filters by %s', async (query, count) => {
    expect(await list(query)).toHaveLength(count);
  });

  it('gives 304 to whoever has it already, until it changes', async () => {
    await allRun();
    const first = await lane.api('/instances?site=ours');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    for (const known of [etag, etag.replace('W/', ''), `"other", ${etag}`, '*']) {
      const same = await lane.api('/instances?site=ours', { headers: { 'if-none-match': known } });
      expect([same.status, same.text]).toEqual([304, '']);
      expect(same.headers.get('etag')).toBe(etag);
      expect(same.headers.get('x-cache-age')).toMatch(/^\d+$/);
    }
    const other = await lane.api('/instances?site=foreign', { headers: { 'if-none-match': etag } });
    expect(other.status).toBe(200);
    const { id } = await postBuild(lane.api, { site: 'ours' });
    await buildReaches(lane.api, id, 'finished');
    const changed = await lane.api('/instances?site=ours', { headers: { 'if-none-match': etag } });
    expect(changed.status).toBe(200);
  });

  it('is zipped for whoever takes it', async () => {
    const encodingOf = async (accepted?: string): Promise<unknown> => {
      const headers = [
        'Authorization',
        `token ${TOKEN}`,
        ...(accepted === undefined ? [] : ['Accept-Encoding', accepted]),
      ];
      const answer = await rawRequest(`${lane.webUrl}/instances`, { headers });
      expect(answer.headers['vary']).toBe('Accept-Encoding');
      return answer.headers['content-encoding'];
    };
    expect(await encodingOf()).toBeUndefined();
    expect(await encodingOf('gzip')).toBe('gzip');
    expect(await encodingOf('br, gzip;q=0.5')).toBe('gzip');
    expect(await encodingOf('gzip;q=0, identity')).toBeUndefined();
    expect(await encodingOf('deflate')).toBeUndefined();

    await allRun();
    const zipped = await fetch(`${lane.webUrl}/instances`, {
      headers: { authorization: `token ${TOKEN}`, 'accept-encoding': 'identity' },
    });
    expect(zipped.headers.get('content-encoding')).toBeNull();
    expect(gunzipSync(await zippedBody())).toEqual(Buffer.from(await zipped.arrayBuffer()));
  });

  it('keeps the last known list, with its growing age, while EC2 can not be reached', async () => {
    const before = await allRun();
    await system.sandbox('/_sandbox/faults', { body: { kind: 'down', service: 'ec2' } });
    await eventually(async () => {
      const answer = await lane.api('/instances');
      expect(Number(answer.headers.get('x-cache-age'))).toBeGreaterThanOrEqual(2);
    });
    expect(await list()).toEqual(before);
    await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
    await eventually(async () => {
      expect(Number((await lane.api('/instances')).headers.get('x-cache-age'))).toBeLessThanOrEqual(1);
    });
  });
});

function zippedBody(): Promise<Buffer> {
  const headers = { authorization: `token ${TOKEN}`, 'accept-encoding': 'gzip' };
  return new Promise((resolve, reject) => {
    request(`${lane.webUrl}/instances`, { headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
    })
      .on('error', reject)
      .end();
  });
}

describe('DELETE /instances/{id}', () => {
  it('refuses with 409 what this installation did not make, unless an admin forces it', async () => {
    const id = seeded[0] ?? '';
    const refused = await lane.api(`/instances/${id}`, { method: 'DELETE' });
    expect(refused.status).toBe(409);
    expect(errorsOf(refused.text)[0]).toMatchObject({ status: '409', code: 'instance-not-managed' });
    expect((await lane.api(`/instances/${id}?force=false`, { method: 'DELETE' })).status).toBe(409);
    expect(await stateOf(id)).toBe('running');

    const forced = await lane.api(`/instances/${id}?force=true&slack-channel=ops`, { method: 'DELETE' });
    expect(forced.status).toBe(202);
    expect(forced.json()).toEqual({ ok: 'working on that' });
    await eventually(async () => {
      expect(await stateOf(id)).toBe('terminated');
      expect((await lane.api(`/instances/${id}`)).status).toBe(404);
      const told = (await slackMessages(system.sandbox)).filter(({ text }) => text.includes(id));
      expect(told.map(({ channel }) => channel)).toEqual(['ops']);
    });
  });

  it('of an unknown instance is 404, forced or not', async () => {
    for (const id of ['i-00000000000000000', 'nonsense', 'i-%00', seeded[0] ?? '']) {
      for (const query of ['', '?force=true']) {
        expect((await lane.api(`/instances/${id}${query}`, { method: 'DELETE' })).status).toBe(404);
      }
    }
  });

  it('names a bad query', async () => {
    const path = `/instances/${seeded[1] ?? ''}?force=perhaps`;
    const answer = await lane.api(path, { method: 'DELETE' });
    expect(answer.status).toBe(400);
    expect(errorsOf(answer.text).map(({ source }) => source?.parameter)).toEqual(['force']);
    const channel = await lane.api(`/instances/${build.instance_ids[0] ?? ''}?slack-channel=two%20words`, {
      method: 'DELETE',
    });
    expect(errorsOf(channel.text)[0]?.source).toEqual({ parameter: 'slack-channel' });
  });

  it('terminates once, however often it is asked at once', async () => {
    const { id } = await postBuild(lane.api);
    const [instanceId = ''] = (await buildReaches(lane.api, id, 'finished')).instance_ids;
    const send = () => lane.api(`/instances/${instanceId}`, { method: 'DELETE', headers: { prefer: 'wait=20' } });
    const answers = await Promise.all(Array.from({ length: 10 }, send));
    // Whoever came when it was gone already hears that.
    expect(answers.map(({ status }) => status)).toContain(200);
    expect(answers.filter(({ status }) => status !== 200 && status !== 404)).toEqual([]);
    await eventually(async () => {
      const told = (await slackMessages(system.sandbox)).filter(({ text }) =>
        text.startsWith(`Terminated instance \`${instanceId}`),
      );
      expect(told).toHaveLength(1);
    });
    const effects = await effectsOf(system.sandbox, 'TerminateInstances');
    expect(effects.filter((effect) => JSON.stringify(effect).includes(instanceId))).toHaveLength(1);
  });

  it('of a termination-protected instance fails with 409 for whoever waits, and is told in Slack', async () => {
    const id = build.instance_ids[0] ?? '';
    // What EC2 answers where `disableApiTermination` is set.
    const refusal = { kind: 'error', action: 'TerminateInstances', status: 400, code: 'OperationNotPermitted' };
    await setFault(system.sandbox, refusal);
    for (const query of ['', '?force=true']) {
      const headers = { prefer: 'wait=20' };
      const answer = await lane.api(`/instances/${id}${query}`, { method: 'DELETE', headers });
      expect(answer.status).toBe(409);
      expect(errorsOf(answer.text)[0]).toMatchObject({ status: '409', code: 'termination-protected' });
    }
    expect(await stateOf(id)).toBe('running');
    expect((await lane.api(`/instances/${id}`)).status).toBe(200);
    await eventually(async () => {
      const texts = (await slackMessages(system.sandbox)).map(({ text }) => text).filter((text) => text.includes(id));
      expect(texts).toContainEqual(expect.stringContaining('Could not terminate'));
    });
    await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
    await eventually(async () => {
      const freed = await lane.api(`/instances/${id}`, { method: 'DELETE', headers: { prefer: 'wait=20' } });
      expect([freed.status, freed.json()]).toEqual([200, { ok: 'terminated' }]);
    });
  });
});
