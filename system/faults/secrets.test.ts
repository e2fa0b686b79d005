import { eventually, findFreePort, startEtcd, type EtcdServer } from '@quartermaster/testing';
import { Etcd3 } from 'etcd3';
import { Redis } from 'ioredis';
import { createApi, type Api } from '../harness/api';
import { BUILD, buildReaches, effectsOf, postBuild, setFault, slackMessages } from '../harness/builds';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { INSTANCE_YML, PLANTED, plantedSettings } from './planted-secrets';
import { buildSecret, findLeaks, needle, readWholeRedis, type Found, type Needle } from './secret-search';

let system: System;
let etcd: EtcdServer;
let redis: Redis;
let lane: Lane;
/** Everything that was seen outside of where secrets belong. */
const seen: Found[] = [];
const builds: string[] = [];

/** A client whose answers are kept, whole. */
function recorded(url: string, token: string): Api {
  const api = createApi(url, token === '' ? {} : { authorization: `token ${token}` });
  return async (path, options) => {
    const answer = await api<never>(path, options);
    const headers = [...answer.headers].map((header) => header.join(': ')).join('\n');
    if (!path.startsWith('/init-scripts/')) seen.push({ place: `answer ${path}`, text: `${headers}\n${answer.text}` });
    return answer;
  };
}

async function lookIntoRedis(): Promise<void> {
  seen.push(...(await readWholeRedis(redis)));
}

async function build(api: Api, fields: object, state: string): Promise<string> {
  const { id } = await postBuild(api, { slack_channel: 'ops', ...fields });
  builds.push(id);
  const reached = await buildReaches(api, id, state, 60_000);
  await lookIntoRedis();
  return reached.error?.code ?? '';
}

/** From now on etcd lets in who has a password only. */
async function demandPassword(user: string, password: string): Promise<void> {
  const client = new Etcd3({ hosts: etcd.url });
  const rootRole = await client.role('root').create();
  for (const [name, secret] of [
    ['root', PLANTED.etcdPassword],
    [user, password],
  ] as const) {
    await (await client.user(name).create(secret)).addRole(rootRole);
  }
  await client.auth.authEnable();
  client.close();
}

async function withFault(fault: object, work: () => Promise<void>): Promise<void> {
  await setFault(system.sandbox, fault);
  await work();
  await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
}

beforeAll(async () => {
  system = await startSystem({
    SANDBOX_SECRET_ACCESS_KEY: PLANTED.awsSecretKey,
    SANDBOX_SLACK_TOKEN: PLANTED.slackToken,
    SANDBOX_SLACK_UNKNOWN_CHANNELS: 'nosuch',
  });
  redis = new Redis(system.redis.url, { protocol: 2, replyMapping: 'legacy' });
  redis.on('error', () => undefined);
  await redis.config('SET', 'requirepass', PLANTED.redisPassword);
  await redis.auth(PLANTED.redisPassword);
  etcd = await startEtcd();
  await demandPassword('quartermaster', PLANTED.etcdPassword);
  const discovery = { url: etcd.url, user: 'quartermaster' };
  const settings = plantedSettings(system.redis.url, await findFreePort(), discovery);
  lane = await system.openLane({ ...settings, start: [] });
  lane.startMiniWorker();
});
afterAll(async () => {
  redis.disconnect();
  await system.stop();
  await etcd.stop();
});

it('uses every planted secret in builds, also where their worker is refused or killed', async () => {
  const api = recorded(lane.webUrl, PLANTED.apiToken);
  // The sandbox knows no session tokens: with one, every call is refused.
  const refused = lane.startWorker({ AWS_SESSION_TOKEN: PLANTED.awsSessionToken });
  lane.startMiniWorker({ AWS_SESSION_TOKEN: PLANTED.awsSessionToken });
  expect(await build(api, {}, 'failed')).toBe('ec2-not-authorized');
  expect(await refused.stop()).toBe(0);

  const doomed = lane.startWorker({ CRASH_POINT: 'build/run-instances:acted' });
  const { id } = await postBuild(api, { count: 2 }, { 'idempotency-key': 'k1' });
  builds.push(id);
  expect(await doomed.ended).toBe('SIGKILL');
  await lookIntoRedis();
  lane.startWorker();
  const script = await api(`/init-scripts/${id}`);
  for (const secret of [PLANTED.templateLiteral, PLANTED.initEnvironment, PLANTED.instanceRsa, INSTANCE_YML]) {
    expect(script.text).toContain(secret);
  }
  expect(script.text).toContain(`x:${buildSecret(id, PLANTED.initScriptKey)}@`);
  const { instance_ids } = await buildReaches(api, id, 'finished', 60_000);
  await lookIntoRedis();
  expect((await api(`/instances/${instance_ids[0]}`, { method: 'DELETE' })).status).toBe(202);
  await build(api, { boot_instance: false }, 'finished');
});

it('fails builds in every way, each with its own reason', async () => {
  const api = recorded(lane.webUrl, PLANTED.deployToken);
  expect(await build(api, { role: 'nosuch' }, 'failed')).toBe('no-active-image');
  for (const queue of ['undefined', 'packed'])
    expect(await build(api, { queue }, 'failed')).toBe('init-script-template');
  expect(await build(api, { queue: 'unset' }, 'failed')).toBe('init-script-variable-missing');
  await build(api, { slack_channel: 'nosuch' }, 'finished');

  const refusal = { kind: 'error', service: 'ec2', action: 'RunInstances', status: 400 };
  await withFault({ ...refusal, code: 'InvalidParameterValue' }, async () => {
    expect(await build(api, {}, 'failed')).toBe('launch-refused');
  });
  await withFault({ ...refusal, code: 'AuthFailure', status: 401 }, async () => {
    expect(await build(api, {}, 'failed')).toBe('ec2-not-authorized');
  });
  for (const fault of [
    { kind: 'down', service: 'ec2' },
    { kind: 'error', service: 'ec2', status: 500 },
  ]) {
    await withFault(fault, async () => expect(await build(api, {}, 'failed')).toBe('ec2-unavailable'));
  }
  await withFault({ kind: 'error', service: 'slack', code: 'invalid_auth' }, async () => {
    await build(api, {}, 'finished');
    await eventually(() => expect(lane.processes.flatMap(({ lines }) => lines).join('\n')).toContain('invalid_auth'));
  });
});

it('reads from etcd by its password, and says why where etcd is gone or refuses it', async () => {
  const api = recorded(lane.webUrl, PLANTED.apiToken);
  await eventually(async () => expect((await api('/etcd/services')).status).toBe(200));
  await etcd.kill();
  await eventually(async () => expect((await api('/etcd/services')).status).toBe(503), 60_000);
  await etcd.start();
  await eventually(async () => expect((await api('/etcd/services')).status).toBe(200), 60_000);
  const root = new Etcd3({ hosts: etcd.url, auth: { username: 'root', password: PLANTED.etcdPassword } });
  await root.user('quartermaster').setPassword('another one');
  root.close();
  await lane.web.stop();
  await lane.restartWeb();
  await eventually(async () => expect((await api('/etcd/services')).text).toContain('etcd-refused'), 60_000);
});

it('is given secrets where they do not belong', async () => {
  const api = recorded(lane.webUrl, PLANTED.apiToken);
  const stranger = recorded(lane.webUrl, PLANTED.wrongToken);
  expect((await stranger('/instances')).status).toBe(403);
  expect((await recorded(lane.webUrl, '')('/instances')).status).toBe(401);
  const id = builds[0] ?? '';
  const basic = `Basic ${Buffer.from(`x:${PLANTED.wrongToken}`).toString('base64')}`;
  const asInstance = {
    method: 'PATCH',
    headers: { authorization: basic },
    body: 'state=finished&instance-id=i-00000001',
  };
  expect((await stranger(`/instance-builds/${id}`, asInstance)).status).toBe(403);
  for (const secret of [PLANTED.apiToken, PLANTED.adminToken, PLANTED.slackToken]) {
    const bodies = [
      `{"instance_builds": {"site": "${secret}`,
      `${secret} is no JSON`,
      { instance_builds: { ...BUILD, token: secret } },
      { instance_builds: { ...BUILD, count: secret, boot_instance: secret } },
    ];
    for (const body of bodies) expect((await api('/instance-builds', { body })).status).toBe(400);
  }
  const admin = recorded(lane.webUrl, PLANTED.adminToken);
  expect((await admin('/kaboom', { method: 'POST' })).status).toBe(500);
  await admin('/instance-builds?limit=100');
  for (const build of builds) await admin(`/instance-builds/${build}`);
  await admin('/instances');
});

describe('none of the secrets', () => {
  const needles = (): Needle[] => [
    ...Object.entries(PLANTED).map(([name, secret]) => needle(name, secret)),
    needle('instanceYml', INSTANCE_YML),
    ...builds.map((id) => needle(`the credential of build ${id}`, buildSecret(id, PLANTED.initScriptKey))),
  ];
  /** What a template may put into an init script; of everything else not even a trace belongs there. */
  const isOfScripts = ({ name }: Needle): boolean =>
    /^(instanceRsa|instanceYml|initEnvironment|databasePassword|templateLiteral|the credential of .*)$/.test(name);

  it('is in a line of any log', async () => {
    await Promise.all(lane.processes.map((one) => one.stop()));
    const lines = lane.processes.flatMap((one) => one.lines.map((text) => ({ place: `log of ${one.name}`, text })));
    expect(lines.length).toBeGreaterThan(100);
    expect(findLeaks(lines, needles())).toEqual([]);
  });

  it('is in Redis outside of its own place, nor is the user data', async () => {
    await lookIntoRedis();
    const [scripts, others] = [true, false].map((isScript) =>
      seen.filter(({ place }) => place.startsWith('Redis ') && place.includes(':init-script:') === isScript),
    ) as [Found[], Found[]];
    expect(scripts.some(({ text }) => text.includes(PLANTED.templateLiteral))).toBe(true);
    // The search does see what is there.
    expect(findLeaks(others, [needle('a build', BUILD.instance_type)])).not.toEqual([]);
    expect(others.length).toBeGreaterThan(200);
    const userData: Needle = { name: 'user data', spellings: ['#include-once', 'I2luY2x1ZG'] };
    expect(findLeaks(others, [...needles(), userData])).toEqual([]);
    const foreign = needles().filter((one) => !isOfScripts(one));
    expect(findLeaks(scripts, [...foreign, userData])).toEqual([]);
  });

  it('is in an answer of the API', () => {
    const answers = seen.filter(({ place }) => place.startsWith('answer '));
    expect(answers.length).toBeGreaterThan(30);
    expect(findLeaks(answers, needles())).toEqual([]);
  });

  it('is in what the cloud was told to keep, nor in a message', async () => {
    const told = [...(await effectsOf(system.sandbox)), ...(await slackMessages(system.sandbox))];
    expect(told.length).toBeGreaterThan(20);
    const places = told.map((entry) => ({ place: 'sandbox', text: JSON.stringify(entry) }));
    expect(findLeaks(places, needles())).toEqual([]);
  });
});
