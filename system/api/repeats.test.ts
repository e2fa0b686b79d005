import { randomUUID } from 'node:crypto';
import { eventually } from '@quartermaster/testing';
import type { Answer } from '../harness/api';
import { BUILD, buildReaches, effectsOf, getBuild, setFault, type ShownBuild } from '../harness/builds';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';
import { errorsOf } from './raw-request';

const OTHER_TOKEN = 'other-token-0123456789';

interface Built {
  readonly instance_builds: [ShownBuild];
}

// Above the limits of the waits inside, so that these say what was missing.
let system: System;
let lane: Lane;

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({ start: ['worker'], web: { AUTH_TOKENS: `other:${OTHER_TOKEN}` } });
});
afterAll(() => system.stop());

function post(fields: object, headers: Record<string, string> = {}, path = '/instance-builds'): Promise<Answer<Built>> {
  return lane.api<Built>(path, { body: { instance_builds: { ...BUILD, ...fields } }, headers });
}

function idOf(answer: Answer<Built>): string {
  return answer.json().instance_builds[0].id;
}

async function launchesOf(id: string): Promise<number> {
  const effects = await effectsOf(system.sandbox, 'RunInstances');
  return effects.filter((effect) => JSON.stringify(effect).includes(id)).length;
}

async function listed(site: string): Promise<ShownBuild[]> {
  const answer = await lane.api<{ instance_builds: ShownBuild[] }>(`/instance-builds?site=${site}&limit=100`);
  return answer.json().instance_builds;
}

/** Makes the next launch slow, and no other: those of earlier builds are over. */
async function slowDownNextLaunch(ms: number): Promise<void> {
  await eventually(async () => {
    const answer = await lane.api<{ instance_builds: ShownBuild[] }>('/instance-builds?state=pending');
    expect(answer.json().instance_builds).toEqual([]);
  });
  await setFault(system.sandbox, { kind: 'slow', service: 'ec2', action: 'RunInstances', ms, count: 1 });
}

describe('an Idempotency-Key', () => {
  it('makes one build of fifty requests at once, all with one answer', async () => {
    const key = randomUUID();
    const send = (): Promise<Answer<Built>> => post({ site: 'fifty' }, { 'idempotency-key': key });
    const answers = await Promise.all(Array.from({ length: 50 }, send));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
    const [first] = answers;
    const id = first === undefined ? '' : idOf(first);
    await buildReaches(lane.api, id, 'finished');
    // The first answer, not today's state.
    expect((await send()).text).toBe(first?.text);
    expect(await listed('fifty')).toHaveLength(1);
    expect(await launchesOf(id)).toBe(1);
  });

  it('takes the same body in other words for the same, and refuses another with 422', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const id = idOf(await post({ site: 'words', tags: { a: '1', b: '2' } }, headers));
    const reordered = `{ "instance_builds" : ${JSON.stringify({ tags: { b: '2', a: '1' }, ...BUILD, site: 'words' })} }`;
    expect(idOf(await lane.api<Built>('/instance-builds', { body: reordered, headers }))).toBe(id);
    for (const [fields, path] of [
      [{ site: 'words', tags: { a: '1', b: '3' } }, '/instance-builds'],
      [{ site: 'words', tags: { a: '1', b: '2' } }, '/instance-builds?slack-channel=elsewhere'],
    ] as const) {
      const other = await post(fields, headers, path);
      expect(other.status).toBe(422);
      expect(errorsOf(other.text)[0]?.code).toBe('idempotency-key-reused');
    }
    expect(await listed('words')).toHaveLength(1);
  });

  it("is one token's own", async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const mine = idOf(await post({ site: 'scopes' }, headers));
    const theirs = idOf(await post({ site: 'scopes' }, { ...headers, authorization: `token ${OTHER_TOKEN}` }));
    expect(theirs).not.toBe(mine);
    expect(idOf(await post({ site: 'scopes' }, { ...headers, authorization: `Bearer ${TOKEN}` }))).toBe(mine);
  });

  it('belongs to its path: on another it means nothing', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const mine = idOf(await post({ site: 'paths' }, headers));
    const kaboom = await lane.api('/kaboom', {
      method: 'POST',
      headers: { ...headers, authorization: `token ${TOKEN}` },
    });
    expect(kaboom.status).toBe(403);
    const reported = { method: 'PATCH', headers, body: 'state=booting' };
    expect((await lane.api<Built>(`/instance-builds/${mine}`, reported)).status).toBe(200);
    expect(idOf(await post({ site: 'paths' }, headers))).toBe(mine);
  });

  it('is free again after a refusal', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    expect((await post({ site: 'not a site' }, headers)).status).toBe(400);
    expect((await post({ site: 'refused' }, headers)).status).toBe(202);
  });

  it.each([[''], ['two words'], ['x'.repeat(256)]])('is refused where it is %j', async (key) => {
    const answer = await post({ site: 'keys' }, { 'idempotency-key': key });
    expect(answer.status).toBe(400);
    expect(errorsOf(answer.text)[0]?.source).toEqual({ header: 'Idempotency-Key' });
  });

  it('makes one build also where web is killed in the middle of the request', async () => {
    const headers = { 'idempotency-key': randomUUID(), prefer: 'wait=25' };
    await slowDownNextLaunch(8_000);
    const broken = post({ site: 'killed' }, headers).then(
      () => 'answered',
      () => 'broken off',
    );
    await eventually(async () => expect(await listed('killed')).toHaveLength(1));
    lane.web.kill('SIGKILL');
    expect(await lane.web.ended).toBe('SIGKILL');
    expect(await broken).toBe('broken off');
    await lane.restartWeb();

    const [one, two] = await Promise.all([post({ site: 'killed' }, headers), post({ site: 'killed' }, headers)]);
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(two.text).toBe(one.text);
    expect((await listed('killed')).map(({ id }) => id)).toEqual([idOf(one)]);
    await buildReaches(lane.api, idOf(one), 'finished');
    expect(await launchesOf(idOf(one))).toBe(1);
  });
});

describe("the caller's own id", () => {
  it('names one build, whatever is repeated and when', async () => {
    const id = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post({ id, site: 'named' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(idOf))).toEqual(new Set([id]));
    const finished = await buildReaches(lane.api, id, 'finished');

    const again = await post({ id: id.toUpperCase(), site: 'named' }, { prefer: 'wait=5' });
    expect(again.status).toBe(200);
    expect(again.json().instance_builds[0]).toMatchObject({
      id,
      state: 'finished',
      instance_ids: finished.instance_ids,
    });
    expect(await listed('named')).toHaveLength(1);
    expect(await launchesOf(id)).toBe(1);
  });

  it('is refused with 409 for another body', async () => {
    const id = randomUUID();
    expect((await post({ id, site: 'taken' })).status).toBe(202);
    for (const fields of [{ count: 2 }, { queue: 'other' }, { tags: { a: 'b' } }, { slack_channel: 'other' }]) {
      const answer = await post({ id, site: 'taken', ...fields });
      expect(answer.status).toBe(409);
      expect(errorsOf(answer.text)[0]?.source).toEqual({ pointer: '/instance_builds/id' });
    }
    expect((await getBuild(lane.api, id)).count).toBe(1);
  });

  it('is a UUID', async () => {
    for (const id of ['1', 'not-a-uuid', `${randomUUID()}0`, '../../etc/passwd', '']) {
      const answer = await post({ id });
      expect(answer.status).toBe(400);
      expect(errorsOf(answer.text)[0]?.source).toEqual({ pointer: '/instance_builds/id' });
    }
  });
});

describe('Prefer', () => {
  it.each([
    ['wait=25', 'wait=25'],
    ['wait=60', 'wait=25'],
    ['Wait = "24"', 'wait=24'],
    ['foo; bar=1, wait=23', 'wait=23'],
  ])('%s holds the answer until the build has started', async (preference, applied) => {
    const answer = await post({ site: 'waits' }, { prefer: preference });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe(applied);
    const [build] = answer.json().instance_builds;
    expect(['started', 'finished']).toContain(build.state);
    expect(build.instance_ids).toHaveLength(1);
  });

  it('wait=1 gives 202 where the second passes first', async () => {
    await slowDownNextLaunch(8_000);
    const startedAt = Date.now();
    const answer = await post({ site: 'slow' }, { prefer: 'wait=1' });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(950);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('preference-applied')).toBe('wait=1');
    expect(answer.json().instance_builds[0].state).toBe('pending');
    await buildReaches(lane.api, idOf(answer), 'finished');
  });

  it('wait gives the own error of a build that fails', async () => {
    const answer = await post({ site: 'fails', ami: 'ami-0000000000000dead' }, { prefer: 'wait=25' });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('preference-applied')).toBe('wait=25');
    expect(errorsOf(answer.text)).toEqual([
      expect.objectContaining({ status: '422', code: 'image-not-found', detail: expect.stringContaining('dead') }),
    ]);
    const [build] = await listed('fails');
    expect(build).toMatchObject({ state: 'failed', error: { code: 'image-not-found' } });
  });

  it.each([['respond-async'], ['wait=soon'], ['return=minimal'], ['wait=-1']])(
    '%s answers 202 at once',
    async (preference) => {
      await slowDownNextLaunch(300);
      const answer = await post({ site: 'async' }, { prefer: preference });
      expect(answer.status).toBe(202);
      const applied = preference === 'respond-async' ? preference : null;
      expect(answer.headers.get('preference-applied')).toBe(applied);
      await buildReaches(lane.api, idOf(answer), 'finished');
    },
  );
});
