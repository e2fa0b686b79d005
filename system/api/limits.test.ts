import { randomUUID } from 'node:crypto';
import type { Answer } from '../harness/api';
import { BUILD, buildReaches, effectsOf, type ShownBuild } from '../harness/builds';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { errorsOf } from './raw-request';

// Above the limits of the waits inside, so that these say what was missing.
let system: System;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

function post(lane: Lane, fields: object): Promise<Answer<{ instance_builds: [ShownBuild] }>> {
  return lane.api('/instance-builds', { body: { instance_builds: { ...BUILD, ...fields } } });
}

function limitError(answer: Answer, code: string, pointer: string): string {
  expect(answer.status).toBe(422);
  const [error, ...others] = errorsOf(answer.text);
  expect(others).toEqual([]);
  expect(error).toMatchObject({ status: '422', code, source: { pointer: `/instance_builds/${pointer}` } });
  return error?.detail ?? '';
}

describe('MAX_INSTANCES', () => {
  it('holds also against builds that only together exceed it', async () => {
    // Without a worker: every accepted build stays on its way.
    const lane = await system.openLane({ start: [], web: { MAX_INSTANCES: '10' } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(lane, { count: 3 })));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(3);
    const refused = answers.filter(({ status }) => status !== 202);
    expect(refused).toHaveLength(17);
    for (const answer of refused) {
      expect(limitError(answer, 'fleet-full', 'count')).toMatch(/\b9 of MAX_INSTANCES=10 .* 3 more/);
    }
    expect((await post(lane, { count: 1 })).status).toBe(202);
    limitError(await post(lane, { count: 1 }), 'fleet-full', 'count');
    expect((await post(lane, { count: 3, boot_instance: false })).status).toBe(202);
    await lane.stop();
  });

  it('counts what runs, and gives room again when a build fails or an instance is terminated', async () => {
    const lane = await system.openLane({ web: { MAX_INSTANCES: '2' } });
    const failing = (await post(lane, { count: 2, ami: 'ami-0000000000000dead' })).json().instance_builds[0];
    await buildReaches(lane.api, failing.id, 'failed');
    const { id } = (await post(lane, { count: 2 })).json().instance_builds[0];
    const { instance_ids } = await buildReaches(lane.api, id, 'finished');
    limitError(await post(lane, {}), 'fleet-full', 'count');
    // The same build again is no further one.
    const again = { id: randomUUID(), count: 2 };
    limitError(await post(lane, again), 'fleet-full', 'count');

    const path = `/instances/${instance_ids[0] ?? ''}`;
    const gone = await lane.api(path, { method: 'DELETE', headers: { prefer: 'wait=25' } });
    expect([gone.status, gone.headers.get('preference-applied')]).toEqual([200, 'wait=25']);
    const room = await post(lane, {});
    expect(room.status).toBe(202);
    await buildReaches(lane.api, room.json().instance_builds[0].id, 'finished');
    await lane.stop();
  });
});

describe('the limits of a build', () => {
  it('are MAX_INSTANCES_PER_BUILD and ALLOWED_INSTANCE_TYPES, named with their figures', async () => {
    const web = { MAX_INSTANCES_PER_BUILD: '4', ALLOWED_INSTANCE_TYPES: 'c3.2xlarge, t3.micro' };
    const lane = await system.openLane({ start: [], web });
    expect((await post(lane, { count: 4, instance_type: 't3.micro' })).status).toBe(202);
    const large = limitError(await post(lane, { count: 5 }), 'build-too-large', 'count');
    expect(large).toMatch(/count is 5, MAX_INSTANCES_PER_BUILD is 4/);
    const typed = await post(lane, { instance_type: 'm5.large' });
    expect(limitError(typed, 'instance-type-not-allowed', 'instance_type')).toMatch(
      /m5\.large.*c3\.2xlarge, t3\.micro/,
    );
    const both = await post(lane, { count: 5, instance_type: 'm5.large' });
    expect(both.status).toBe(422);
    expect(errorsOf(both.text).map(({ source }) => source?.pointer)).toEqual([
      '/instance_builds/count',
      '/instance_builds/instance_type',
    ]);
    await lane.stop();
  });

  it('are 20 instances where nothing is configured', async () => {
    const lane = await system.openLane({ start: [] });
    expect((await post(lane, { count: 20 })).status).toBe(202);
    limitError(await post(lane, { count: 21 }), 'build-too-large', 'count');
    await lane.stop();
  });
});

describe('READ_ONLY', () => {
  it('refuses every change with 403, and answers reads', async () => {
    const lane = await system.openLane({ web: { READ_ONLY: 'true' }, start: ['mini-worker'] });
    const { instances } = (await lane.api<{ instances: { id: string }[] }>('/instances')).json();
    const id = randomUUID();
    const changes: [string, string, (string | object)?][] = [
      ['POST', '/instance-builds', { instance_builds: BUILD }],
      ['POST', '/instance-builds', 'not even JSON'],
      ['PATCH', `/instance-builds/${id}`, 'state=finished&instance-id=i-abcd1234'],
      ['DELETE', `/instances/${instances[0]?.id ?? ''}`],
      ['DELETE', `/instances/${instances[0]?.id ?? ''}?force=true`],
      ['DELETE', '/instances/i-00000000000000000'],
    ];
    for (const [method, path, body] of changes) {
      const answer = await lane.api(path, { method, ...(body === undefined ? {} : { body }) });
      expect(answer.status).toBe(403);
      expect(errorsOf(answer.text)[0]?.code).toBe('read-only');
    }
    for (const path of ['/', '/instances', '/instance-builds', '/images', '/readyz']) {
      expect((await lane.api(path)).status).toBe(200);
    }
    expect((await lane.api(`/instance-builds/${id}`)).status).toBe(404);
    expect(await effectsOf(system.sandbox, 'TerminateInstances')).toHaveLength(1);
    await lane.stop();
  });
});
