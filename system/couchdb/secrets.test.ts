import { eventually } from '@quartermaster/testing';
import { Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';
import { findLeaks, needle, readWholeRedis, type Found } from '../faults/secret-search';
import { createApi } from '../harness/api';
import { effectsOf, slackMessages } from '../harness/builds';
import {
  FAST_KUBERNETES,
  kubeObjects,
  openCouchLane,
  ringIsWhole,
  SPAWNERS,
  type KubeObject,
  type Login,
  type Operation,
} from '../harness/couchdb';
import { startSystem, type Lane, type System } from '../harness/start-system';

jest.setTimeout(600_000);

let system: System;
let redis: Redis;
/** Everything that was seen outside of where passwords belong. */
const seen: Found[] = [];
const lanes: Lane[] = [];
/** One account each; characters that are written differently in forms, URLs, JSON and base64. */
const logins: Login[] = SPAWNERS.map((spawner) => ({
  username: `planted-${spawner}`,
  token: `planted/${spawner}+&"%~=${randomBytes(9).toString('base64url')}`,
}));

beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
  redis = new Redis(system.redis.url, { protocol: 2, replyMapping: 'legacy' });
});
afterAll(async () => {
  redis.disconnect();
  await system.stop();
});

async function ask(
  lane: Lane,
  operation: Operation,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const answer = await createApi(lane.webUrl)(`/v0/${operation}`, {
    body: new URLSearchParams(fields).toString(),
    headers,
  });
  const told = [...answer.headers].map((header) => header.join(': ')).join('\n');
  // Create's own answer is the one place for it.
  if (operation !== 'create') seen.push({ place: `answer ${operation}`, text: `${told}\n${answer.text}` });
  seen.push(...(await readWholeRedis(redis)));
  return answer.status;
}

/** Asked again where it takes longer than web holds an answer back: that it is so already is the answer then. */
const done = (lane: Lane, operation: Operation, fields: Readonly<Record<string, string>>): Promise<void> =>
  eventually(async () => expect(await ask(lane, operation, fields)).toBe(200), 240_000);

it('uses the planted passwords in every operation of every spawner, also where a worker dies', async () => {
  for (const [index, spawner] of SPAWNERS.entries()) {
    const lane = await openCouchLane(system, spawner, { start: ['mini-worker'] });
    lanes.push(lane);
    const login = logins[index] as Login;
    const made = await lane.api('/accounts', { body: login });
    expect([made.status, made.text]).toEqual([201, expect.anything()]);
    const key = { ...login, cluster_tag: 'planted' };
    expect(await ask(lane, 'create', { ...key, replicas: '2' }, { prefer: 'respond-async' })).toBe(202);
    const doomed = lane.startWorker({ CRASH_POINT: 'couchdb-operation/5' });
    expect(await doomed.ended).toBe('SIGKILL');
    seen.push(...(await readWholeRedis(redis)));
    lane.startWorker();
    await ringIsWhole(lane, login, 'planted');
    await done(lane, 'scale', { ...key, replicas: '3' });
    await done(lane, 'replicate', { ...key, databases: 'kept' });
    expect(await ask(lane, 'detail', key)).toBe(200);
    expect(await ask(lane, 'list', { ...login })).toBe(200);
    expect(await ask(lane, 'scale', { ...key, replicas: login.token })).toBe(400);
    expect(await ask(lane, 'detail', { ...key, username: 'somebody' })).toBe(401);
    seen.push({ place: 'answer /accounts', text: (await lane.api('/accounts')).text });
    await done(lane, 'scale', { ...key, replicas: '2' });
  }
});

describe('none of the passwords', () => {
  const needles = logins.map(({ username, token }) => needle(username, token));
  let objects: KubeObject[];

  it('is in a Kubernetes object that is no Secret, nor in a Secret in clear', async () => {
    objects = await kubeObjects(system, 'app.kubernetes.io/managed-by=quartermaster');
    expect(objects.length).toBeGreaterThan(20);
    const places = objects.map((object) => ({
      place: `${object.kind} ${object.metadata.name}`,
      text: JSON.stringify(object),
    }));
    expect(findLeaks(places, needles)).toEqual([]);
  });

  it('nor is the password of our own administrator, outside of its Secret', async () => {
    const secrets = objects.filter(({ kind }) => kind === 'Secret') as (KubeObject & {
      data: Record<string, string>;
    })[];
    expect(secrets).toHaveLength(3);
    const own = secrets.map(({ metadata, data }) =>
      needle(`admin of ${metadata.name}`, Buffer.from(data['admin-password'] ?? '', 'base64').toString()),
    );
    for (const { spellings } of own) expect(spellings[0]?.length).toBeGreaterThanOrEqual(16);
    const others = objects
      .filter(({ kind }) => kind !== 'Secret')
      .map((object) => ({ place: `${object.kind} ${object.metadata.name}`, text: JSON.stringify(object) }));
    await Promise.all(lanes.flatMap(({ processes }) => processes.map((one) => one.stop())));
    const logs = lanes.flatMap(({ processes }) =>
      processes.flatMap(({ name, lines }) => lines.map((text) => ({ place: `log of ${name}`, text }))),
    );
    expect(findLeaks([...others, ...logs, ...seen], own)).toEqual([]);
  });

  it('is in a log, in Redis or in an answer', () => {
    const logs = lanes.flatMap(({ processes }) =>
      processes.flatMap(({ name, lines }) => lines.map((text) => ({ place: `log of ${name}`, text }))),
    );
    expect(logs.length).toBeGreaterThan(100);
    expect(seen.length).toBeGreaterThan(200);
    // The search does see what is there.
    expect(findLeaks(seen, [needle('a tag', 'planted')])).not.toEqual([]);
    expect(findLeaks([...logs, ...seen], needles)).toEqual([]);
  });

  it('is in what was done, nor in a message', async () => {
    const told = [...(await effectsOf(system.sandbox)), ...(await slackMessages(system.sandbox))];
    expect(told.length).toBeGreaterThan(20);
    const places = told.map((entry) => ({ place: 'sandbox', text: JSON.stringify(entry) }));
    expect(findLeaks(places, needles)).toEqual([]);
  });
});
