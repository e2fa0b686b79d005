import { eventually } from '@quartermaster/testing';
import type { Answer } from '../harness/api';
import {
  buildReaches,
  effectsOf,
  getBuild,
  postBuild,
  setFault,
  slackMessages,
  type ShownBuild,
} from '../harness/builds';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { errorsOf } from './raw-request';

interface Listed {
  readonly instance_builds: ShownBuild[];
  readonly meta: { page: number; limit: number; more: boolean };
}

// Above the limits of the waits inside, so that these say what was missing.
let system: System;
let lane: Lane;

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({ start: ['worker'] });
});
afterAll(() => system.stop());

async function list(query: string): Promise<Listed> {
  const answer = await lane.api<Listed>(`/instance-builds${query}`);
  expect(answer.status).toBe(200);
  return answer.json();
}

function report(
  id: string,
  instanceId: string,
  state = 'finished',
): Promise<Answer<{ instance_builds: [ShownBuild] }>> {
  const body = new URLSearchParams({ state, 'instance-id': instanceId }).toString();
  return lane.api(`/instance-builds/${id}`, { method: 'PATCH', body });
}

async function clearFaults(): Promise<void> {
  await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
}

async function toldOf(buildId: string): Promise<string[]> {
  const messages = await slackMessages(system.sandbox);
  return messages.map(({ event_id }) => event_id ?? '').filter((event) => event.includes(buildId));
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('GET /instance-builds/{id}', () => {
  it('shows state, instances, reports and steps with their times', async () => {
    const { id } = await postBuild(lane.api, { count: 2, tags: { team: 'a' } });
    const build = await buildReaches(lane.api, id, 'finished');
    expect(Object.keys(build.reports).sort()).toEqual([...build.instance_ids].sort());
    expect(build).toMatchObject({ tags: { team: 'a' }, role: 'worker', slack_channel: 'general' });
    for (const time of ['created_at', 'started_at', 'finished_at']) expect(build[time]).toMatch(TIME);
    const names = (build.steps ?? []).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['plan-build', 'create-security-group', 'run-instances']));
    for (const step of build.steps ?? [])
      expect([step.started_at, step.finished_at]).toEqual([expect.stringMatching(TIME), expect.stringMatching(TIME)]);
    expect((await getBuild(lane.api, id.toUpperCase())).id).toBe(id);
  });

  it('shows why a build has failed; Slack is told, and its group is removed', async () => {
    await setFault(system.sandbox, { kind: 'no-capacity' });
    const { id } = await postBuild(lane.api, { slack_channel: '#trouble' });
    const build = await buildReaches(lane.api, id, 'failed');
    await clearFaults();
    expect(build.error).toMatchObject({ kind: 'unprocessable', code: 'no-capacity' });
    expect(build.instance_ids).toEqual([]);
    await eventually(async () => {
      const [told, ...more] = (await slackMessages(system.sandbox)).filter(({ text }) => text.includes(id));
      expect(more).toEqual([]);
      expect(told?.channel.replace('#', '')).toBe('trouble');
      expect(told?.text).toContain('InsufficientInstanceCapacity');
      const removed = await effectsOf(system.sandbox, 'DeleteSecurityGroup');
      expect(removed).toHaveLength(1);
    });
  });
});

describe('GET /instance-builds', () => {
  it('lists the newest first, page by page, by state and fields', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      const { id } = await postBuild(lane.api, { site: 'pages', env: i % 2 === 0 ? 'even' : 'odd', queue: `q${i}` });
      ids.unshift(id);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const failing = await postBuild(lane.api, { site: 'pages', env: 'odd', role: 'nobody' });
    await Promise.all(ids.map((id) => buildReaches(lane.api, id, 'finished')));
    await buildReaches(lane.api, failing.id, 'failed');

    const idsOf = ({ instance_builds }: Listed): string[] => instance_builds.map(({ id }) => id);
    const all = await list('?site=pages');
    expect(idsOf(all)).toEqual([failing.id, ...ids]);
    expect(all.meta).toEqual({ page: 1, limit: 50, more: false });
    expect(idsOf(await list('?site=pages&state=finished'))).toEqual(ids);
    expect(idsOf(await list('?state=failed&site=pages'))).toEqual([failing.id]);
    expect(idsOf(await list('?site=pages&state=pending'))).toEqual([]);
    expect(idsOf(await list('?env=odd&site=pages&state=finished'))).toEqual([ids[1], ids[3]]);
    expect(idsOf(await list('?queue=q4'))).toEqual([ids[0]]);
    expect(idsOf(await list('?role=nobody'))).toEqual([failing.id]);
    expect(idsOf(await list('?site=nowhere'))).toEqual([]);

    const pages = await Promise.all([1, 2, 3, 4].map((page) => list(`?site=pages&limit=2&page=${page}`)));
    expect(pages.flatMap(idsOf)).toEqual([failing.id, ...ids]);
    expect(pages.map(({ meta }) => meta.more)).toEqual([true, true, false, false]);
    const unfiltered = (await list('')).instance_builds.map((build) => String(build['created_at']));
    expect(unfiltered).toEqual([...unfiltered].sort().reverse());
  });
});

describe('boot_instance false', () => {
  it('stores the script and is finished, and launches nothing', async () => {
    const body = {
      instance_builds: {
        site: 'org',
        env: 'dry',
        queue: 'none',
        instance_type: 't3.micro',
        count: 3,
        boot_instance: false,
      },
    };
    const answer = await lane.api<Listed>('/instance-builds', { body, headers: { prefer: 'wait=20' } });
    expect(answer.status).toBe(200);
    const [build] = answer.json().instance_builds;
    expect(build).toMatchObject({ state: 'finished', instance_ids: [] });
    const script = await lane.api(`/init-scripts/${build?.id ?? ''}`);
    expect(script.status).toBe(200);
    expect(script.headers.get('cache-control')).toBe('no-store');
    expect(script.text).toMatch(/^#!\/bin\/bash\n/);
    const effects = await effectsOf(system.sandbox);
    expect(
      effects.filter((effect) => effect.service === 'ec2' && JSON.stringify(effect).includes(build?.id ?? '')),
    ).toEqual([]);
    await eventually(async () => expect(await toldOf(build?.id ?? '')).toEqual([`stored-${build?.id ?? ''}`]));
  });
});

describe('PATCH /instance-builds/{id}', () => {
  it('of another state has no effect', async () => {
    await setFault(system.sandbox, { kind: 'no-report' });
    const { id } = await postBuild(lane.api);
    const { instance_ids } = await buildReaches(lane.api, id, 'started');
    await clearFaults();
    const [instanceId = ''] = instance_ids;
    for (const state of ['starting', 'failed', 'Finished', 'finished ']) {
      const answer = await report(id, instanceId, state);
      expect([answer.status, answer.json().instance_builds[0].state]).toEqual([200, 'started']);
    }
    expect((await getBuild(lane.api, id)).reports).toEqual({});

    const json = { state: 'finished', instance_id: instanceId, slack_channel: '#json' };
    const answer = await lane.api<Listed>(`/instance-builds/${id}`, { method: 'PATCH', body: json });
    expect([answer.status, answer.json().instance_builds[0]?.state]).toEqual([200, 'finished']);
    expect((await report(id, instanceId)).status).toBe(200);
    await eventually(async () => expect(await toldOf(id)).toContain(`reported-${id}-${instanceId}`));
    expect((await toldOf(id)).filter((event) => event.startsWith('reported-'))).toHaveLength(1);
  });

  it('of an unknown build or a foreign instance is 404', async () => {
    const { id } = await postBuild(lane.api);
    await buildReaches(lane.api, id, 'finished');
    const foreign = await report(id, 'i-0123456789abcdef0');
    expect([foreign.status, errorsOf(foreign.text)[0]?.code]).toEqual([404, 'unknown-instance']);
    for (const unknown of ['00000000-0000-4000-8000-000000000000', 'nonsense']) {
      const answer = await report(unknown, 'i-abcd1234');
      expect([answer.status, errorsOf(answer.text)[0]?.code]).toEqual([404, 'unknown-build']);
    }
  });

  it("keeps a report that overtakes RunInstances' answer, and counts it", async () => {
    await setFault(system.sandbox, {
      kind: 'slow',
      service: 'ec2',
      action: 'RunInstances',
      ms: 10_000,
      after: true,
      count: 1,
    });
    const { id } = await postBuild(lane.api, { count: 2 });
    const pending = await eventually(async () => {
      const build = await getBuild(lane.api, id);
      expect(Object.keys(build.reports)).toHaveLength(2);
      return build;
    });
    expect(pending.state).toBe('pending');
    // One more, of an instance that is not this build's, is dropped when the instances are known.
    expect((await report(id, 'i-0123456789abcdef0')).status).toBe(200);
    const build = await buildReaches(lane.api, id, 'finished');
    expect(build.reports).toEqual(pending.reports);
    expect(Object.keys(build.reports).sort()).toEqual([...build.instance_ids].sort());
    await eventually(async () => {
      expect(await toldOf(id)).toEqual(expect.arrayContaining([`started-${id}`, `finished-${id}`]));
    });
  });
});

describe('instances that do not report', () => {
  it('are listed and told once after BUILD_REPORT_TIMEOUT; the build stays started', async () => {
    const hasty = await system.openLane({ start: ['worker'], worker: { BUILD_REPORT_TIMEOUT: '700ms' } });
    await setFault(system.sandbox, { kind: 'no-report', count: 2 });
    const { id } = await postBuild(hasty.api, { count: 3 });
    const build = await eventually(async () => {
      const seen = await getBuild(hasty.api, id);
      expect(seen.unreported).toHaveLength(2);
      return seen;
    });
    expect(build.state).toBe('started');
    expect(Object.keys(build.reports)).toHaveLength(1);
    const missing = build.instance_ids.filter((instanceId) => !(instanceId in build.reports));
    expect([...(build.unreported ?? [])].sort()).toEqual(missing.sort());
    const tellings = async (): Promise<string[]> =>
      (await slackMessages(system.sandbox))
        .filter(({ event_id }) => event_id === `unreported-${id}`)
        .map(({ text }) => text);
    await eventually(async () => expect(await tellings()).toHaveLength(1));
    for (const instanceId of missing) expect((await tellings())[0]).toContain(instanceId);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await tellings()).toHaveLength(1);

    for (const instanceId of missing) {
      const body = `state=finished&instance-id=${instanceId}`;
      expect((await hasty.api(`/instance-builds/${id}`, { method: 'PATCH', body })).status).toBe(200);
    }
    const late = await getBuild(hasty.api, id);
    expect([late.state, late.unreported]).toEqual(['finished', undefined]);
    await hasty.stop();
  });
});
