import { eventually } from '@quartermaster/testing';
import { BUILD, buildReaches, getBuild, postBuild, setFault, type ShownBuild } from '../harness/builds';
import { startProcess } from '../harness/processes';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';
import { errorsOf, rawRequest, type RawAnswer, type RawOptions } from './raw-request';

const CI_TOKEN = 'ci-token:with-colon-0123456789';
const OPS_TOKEN = 'ops-token-abcdefghijklmnop';

// Above the limits of the waits inside, so that these say what was missing.
let system: System;
let lane: Lane;
let build: ShownBuild;
let other: ShownBuild;
let secret: string;
let otherSecret: string;

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({
    web: { AUTH_TOKENS: `ci:${CI_TOKEN}, ops:${OPS_TOKEN}`, ADMIN_TOKENS: 'ops' },
  });
  await setFault(system.sandbox, { kind: 'no-report' });
  [build, other] = await Promise.all([startBuild({ count: 2 }), startBuild({ slack_channel: 'others' })]);
  [secret, otherSecret] = await Promise.all([secretOf(build.id), secretOf(other.id)]);
});
afterAll(() => system.stop());

async function startBuild(fields: object): Promise<ShownBuild> {
  const { id } = await postBuild(lane.api, fields);
  return buildReaches(lane.api, id, 'started');
}

async function secretOf(id: string, of: Lane = lane): Promise<string> {
  const script = (await of.api(`/init-scripts/${id}`)).text;
  const found = /\/\/x:([0-9a-f]{64})@/.exec(script)?.[1];
  if (found === undefined) throw new Error(`There is no credential in ${script}`);
  return found;
}

function send(path: string, authorization: string | undefined, options: RawOptions = {}): Promise<RawAnswer> {
  const headers = authorization === undefined ? [] : ['Authorization', authorization];
  return rawRequest(lane.webUrl + path, { ...options, headers: [...headers, ...(options.headers ?? [])] });
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function report(id: string, authorization: string, fields: Record<string, string>): Promise<RawAnswer> {
  const body = new URLSearchParams({ state: 'finished', ...fields }).toString();
  return send(`/instance-builds/${id}`, authorization, { method: 'PATCH', body });
}

describe('the token', () => {
  const routes = (): (readonly [string, string, string?])[] => [
    ['GET', '/instances'],
    ['POST', '/instance-builds', JSON.stringify({ instance_builds: BUILD })],
    ['GET', `/init-scripts/${build.id}`],
    ['PATCH', `/instance-builds/${build.id}`, `state=finished&instance-id=${build.instance_ids[0] ?? ''}`],
    ['DELETE', `/instances/${build.instance_ids[0] ?? ''}`],
    ['DELETE', '/'],
    ['POST', '/kaboom'],
    ['GET', '/no/such/path'],
  ];
  const everywhere = async (authorization: string | undefined): Promise<RawAnswer[]> =>
    Promise.all(
      routes().map(([method, path, body]) =>
        send(path, authorization, { method, ...(body === undefined ? {} : { body }) }),
      ),
    );

  const nearMisses: readonly string[] = [
    'token',
    'token ',
    'token=',
    'Bearer',
    'Bearer ',
    TOKEN,
    `token: ${TOKEN}`,
    `token  ${TOKEN}`,
    `token = ${TOKEN}`,
    `token= ${TOKEN}`,
    `token=="${TOKEN}"`,
    `token "${TOKEN}"`,
    `Bearer=${TOKEN}`,
    `Bearer  ${TOKEN}`,
    `Bearer token ${TOKEN}`,
    `tokens ${TOKEN}`,
    `Token\t${TOKEN}`,
    `token ${TOKEN.slice(0, -1)}`,
    `token ${TOKEN}x`,
    `token x${TOKEN}`,
    `token ${TOKEN.toUpperCase()}`,
    `token ${TOKEN} ${TOKEN}`,
    `token ${TOKEN},ci:${CI_TOKEN}`,
    `token default:${TOKEN}`,
    `token ci:${CI_TOKEN}`,
    `token ${CI_TOKEN.slice(CI_TOKEN.indexOf(':') + 1)}`,
    `token ${encodeURIComponent(CI_TOKEN)}`,
    `token ${Buffer.from(TOKEN).toString('base64')}`,
    `Digest ${TOKEN}`,
    basic('x', TOKEN),
    basic('token', TOKEN),
    basic('default', TOKEN),
    basic(TOKEN, ''),
    'Basic',
    'Basic ====',
    'Basic !!!!',
    'null',
    'undefined',
    '*',
    `token ${'a'.repeat(4000)}`,
  ];

  it.each(nearMisses.map((header) => [header.slice(0, 60), header]))('is not %j', async (_shown, header) => {
    for (const answer of await everywhere(header)) {
      expect(answer.status).toBe(403);
      expect(errorsOf(answer.body)).toHaveLength(1);
    }
  });

  it('is missed with 401 where there is no header, or an empty one', async () => {
    for (const header of [undefined, '']) {
      for (const answer of await everywhere(header)) {
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
        expect(errorsOf(answer.body)[0]).toMatchObject({ status: '401', code: 'authentication-required' });
      }
    }
  });

  it('does not pass behind a wrong one, in the query, in a cookie or in the body', async () => {
    const twice = ['Authorization', 'token wrong-token-0123456789', 'Authorization', `token ${TOKEN}`];
    expect((await rawRequest(`${lane.webUrl}/instances`, { headers: twice })).status).toBe(403);
    const cookie = ['Cookie', `token=${TOKEN}`, 'X-Auth-Token', TOKEN];
    expect((await rawRequest(`${lane.webUrl}/instances`, { headers: cookie })).status).toBe(401);
    for (const name of ['token', 'access_token', 'authorization']) {
      expect((await send(`/instances?${name}=${TOKEN}`, undefined)).status).toBe(401);
    }
  });

  it('has changed nothing by all of these', async () => {
    expect(lane.web.child.exitCode).toBeNull();
    expect((await getBuild(lane.api, build.id)).reports).toEqual({});
    const { instance_builds } = (await lane.api<{ instance_builds: unknown[] }>('/instance-builds')).json();
    expect(instance_builds).toHaveLength(2);
  });

  it.each([
    ['token T', `token ${TOKEN}`],
    ['token=T', `token=${TOKEN}`],
    ['Bearer T', `Bearer ${TOKEN}`],
    ['the scheme in another case', `BEARER ${TOKEN}`],
    ['a token with a colon of a named pair', `token ${CI_TOKEN}`],
    ['another name', `token=${OPS_TOKEN}`],
  ])('passes as %s', async (_form, header) => {
    expect((await send('/instances', header)).status).toBe(200);
    expect((await send(`/init-scripts/${build.id}`, header)).status).toBe(200);
    expect((await send('/no/such/path', header)).status).toBe(404);
  });

  it('is not needed for the public paths, whatever is sent', async () => {
    for (const path of ['/', '/healthz', '/readyz']) {
      expect((await send(path, undefined)).status).toBe(200);
      expect((await send(path, 'token wrong')).status).toBe(200);
    }
  });

  it('is logged by its name, never itself', async () => {
    await eventually(() => expect(lane.web.lines.join('\n')).toContain('"caller":"ci"'));
    const log = lane.processes.flatMap(({ lines }) => lines).join('\n');
    for (const hidden of [TOKEN, CI_TOKEN, OPS_TOKEN, secret, otherSecret]) expect(log).not.toContain(hidden);
  });
});

describe('an admin', () => {
  const adminRoutes = (): (readonly [string, string])[] => [
    ['POST', '/kaboom'],
    ['DELETE', `/instances/${build.instance_ids[0] ?? ''}?force=true`],
    ['DELETE', '/'],
  ];

  it('is only who ADMIN_TOKENS names', async () => {
    for (const [method, path] of adminRoutes()) {
      for (const token of [TOKEN, CI_TOKEN]) {
        const answer = await send(path, `token ${token}`, { method });
        expect(answer.status).toBe(403);
        expect(errorsOf(answer.body)[0]?.code).toBe('admin-only');
      }
    }
    expect((await send('/kaboom', `token ${OPS_TOKEN}`, { method: 'POST' })).status).toBe(500);
    expect(lane.web.child.exitCode).toBeNull();
  });

  it('is the token named admin where there are several and ADMIN_TOKENS is not set', async () => {
    const several = await system.openLane({ start: [], web: { AUTH_TOKENS: `admin:${OPS_TOKEN}` } });
    const kaboom = (token: string): Promise<RawAnswer> =>
      rawRequest(`${several.webUrl}/kaboom`, { method: 'POST', headers: ['Authorization', `token ${token}`] });
    expect((await kaboom(TOKEN)).status).toBe(403);
    expect((await kaboom(OPS_TOKEN)).status).toBe(500);
    await several.stop();
  });
});

describe("a build's own credential", () => {
  it("opens its own build's script and report, and nothing else", async () => {
    const own = basic('x', secret);
    expect((await send(`/init-scripts/${build.id}`, own)).status).toBe(200);
    expect((await report(build.id, own, { state: 'booting' })).status).toBe(200);
    expect((await send(`/init-scripts/${other.id}`, own)).status).toBe(403);
    expect((await report(other.id, own, { 'instance-id': other.instance_ids[0] ?? '' })).status).toBe(403);
    for (const path of ['/instances', '/instance-builds', `/instance-builds/${build.id}`, '/images', '/no/such/path'])
      expect((await send(path, own)).status).toBe(403);
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect((await send(`/init-scripts/${unknown}`, own)).status).toBe(403);
    expect((await report(unknown, own, { 'instance-id': 'i-abcd1234' })).status).toBe(403);
  });

  it.each([
    ['another user', () => basic('y', secret)],
    ['no user', () => basic('', secret)],
    ['no password', () => basic('x', '')],
    ['a byte less', () => basic('x', secret.slice(1))],
    ['a byte more', () => basic('x', `${secret}0`)],
    ['upper case', () => basic('x', secret.toUpperCase())],
    ["the other build's", () => basic('x', otherSecret)],
    ['a bearer', () => `Bearer ${secret}`],
    ['a token', () => `token ${secret}`],
  ])('is not %s', async (_what, header) => {
    expect((await send(`/init-scripts/${build.id}`, header())).status).toBe(403);
    expect((await report(build.id, header(), { 'instance-id': build.instance_ids[0] ?? '' })).status).toBe(403);
  });

  it("reports only the build's own instances, to the build's own channel, and is dead after the last but for repetitions", async () => {
    const own = basic('x', secret);
    const [first = '', last = ''] = build.instance_ids;
    expect((await report(build.id, own, { 'instance-id': first, 'slack-channel': 'others' })).status).toBe(403);
    expect((await report(build.id, own, { 'instance-id': other.instance_ids[0] ?? '' })).status).toBe(404);
    expect((await getBuild(lane.api, build.id)).reports).toEqual({});

    expect((await report(build.id, own, { 'instance-id': first, 'slack-channel': '#general' })).status).toBe(200);
    expect((await report(build.id, own, { 'instance-id': first })).status).toBe(200);
    expect((await report(build.id, own, { 'instance-id': last })).status).toBe(200);
    expect((await getBuild(lane.api, build.id)).state).toBe('finished');
    expect((await send(`/init-scripts/${build.id}`, own)).status).toBe(403);
    // An instance whose answer was lost may repeat its report; nobody may bring a new one.
    expect((await report(build.id, own, { 'instance-id': last })).status).toBe(200);
    expect((await report(build.id, own, { 'instance-id': 'i-0123456789abcdef0' })).status).toBe(403);
    expect((await send(`/init-scripts/${build.id}`, `token ${TOKEN}`)).status).toBe(200);
  });

  it('is dead after INIT_SCRIPT_TTL, counted from the launch', async () => {
    const short = await system.openLane({ start: [] });
    short.startWorker({ INIT_SCRIPT_TTL: '15s' });
    const { id } = await postBuild(short.api);
    const { instance_ids } = await buildReaches(short.api, id, 'started');
    const own = { authorization: basic('x', await secretOf(id, short)) };
    expect((await short.api(`/init-scripts/${id}`, { headers: own })).status).toBe(200);
    await eventually(async () => {
      const expired = await short.api(`/init-scripts/${id}`, { headers: own });
      expect(expired.status).toBe(404);
    });
    expect((await short.api(`/init-scripts/${id}`)).status).toBe(404);
    const body = `state=finished&instance-id=${instance_ids[0] ?? ''}`;
    const late = await short.api(`/instance-builds/${id}`, { method: 'PATCH', headers: own, body });
    expect(late.status).toBe(403);
    expect((await short.api(`/instance-builds/${id}`, { method: 'PATCH', body })).status).toBe(200);
    await short.stop();
  });
});

describe('web', () => {
  const refusal = async (settings: Record<string, string>): Promise<string> => {
    const web = startProcess('web', { REDIS_URL: system.redis.url, PORT: '1', ...settings });
    expect(await web.ended).toBe(1);
    return eventually(() => {
      expect(web.lines.join('\n')).toContain('The configuration is not usable');
      return web.lines.join('\n');
    });
  };

  it('refuses to start without a token, and says how to make one', async () => {
    expect(await refusal({})).toMatch(/AUTH_TOKENS is missing.*openssl rand -hex/);
  });

  it('refuses short, odd and doubled tokens without printing any', async () => {
    const tokens = 'a:short-secret,nocolon-secret-0123456789,sp:has white space 0123456789,é:accent-secret-0123456';
    const doubled = 'one:doubled-secret-0123456789,two:doubled-secret-0123456789,nonascii:sécret-0123456789-abc';
    const said = await refusal({ AUTH_TOKENS: `${tokens},${doubled}`, ADMIN_TOKENS: 'nobody' });
    for (const entry of [1, 2, 3, 4, 6, 7]) expect(said).toContain(`AUTH_TOKENS entry ${entry} `);
    expect(said).toContain('ADMIN_TOKENS names nobody');
    expect(said).not.toMatch(/secret|white space 0123/);
    expect(await refusal({ AUTH_TOKEN: 'fifteen-bytes-x' })).toMatch(/AUTH_TOKEN must have .*16 characters or more/);
  });

  it('names everything that is wrong with its configuration at once, and no secret', async () => {
    const said = await refusal({
      REDIS_URL: 'http://user:redis-secret@host',
      PORT: 'http',
      WEB_URL: 'http://user:url-secret@quartermaster.example',
      MAX_INSTANCES: 'many',
      MAX_INSTANCES_PER_BUILD: '0',
      READ_ONLY: 'perhaps',
      LOG_LEVEL: 'loud',
      SLACK_CHANNEL: 'two words',
      SENTRY_DSN: 'sentry-secret',
      BUILD_RETENTION: 'long',
      DEFAULT_KEY_NAME: 'two\nlines',
      DEFAULT_IAM_INSTANCE_PROFILE: 'a b',
    });
    const names = 'REDIS_URL PORT WEB_URL MAX_INSTANCES MAX_INSTANCES_PER_BUILD READ_ONLY LOG_LEVEL SLACK_CHANNEL';
    const more = 'SENTRY_DSN BUILD_RETENTION DEFAULT_KEY_NAME DEFAULT_IAM_INSTANCE_PROFILE AUTH_TOKENS';
    for (const name of `${names} ${more}`.split(' ')) expect(said).toContain(`- ${name} `);
    expect(said).not.toMatch(/redis-secret|url-secret|sentry-secret/);
  });
});
