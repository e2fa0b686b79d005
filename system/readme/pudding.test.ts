import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { eventually } from '@quartermaster/testing';
import { buildReaches, getBuild, postBuild, setFault, slackMessages, type ShownBuild } from '../harness/builds';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';

// The requests that pudding's README prints, sent by curl as an operator would, with the token added.
const PRINTED_BUILD = `{
  "instance_builds": {
    "site": "org",
    "env": "staging",
    "instance_type": "c3.2xlarge",
    "count": 4,
    "queue": "docker"
  }
}
`;
const PRINTED_REPORT = 'state=finished&instance-id=i-abcd1234&slack-channel=general';

interface CurlAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

// Above the limits of the waits inside, so that these say what was missing.
let system: System;
let lane: Lane;

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane();
});
afterAll(() => system.stop());

const AUTH = ['-H', `Authorization: token ${TOKEN}`];

async function curl(path: string, ...parameters: string[]): Promise<CurlAnswer> {
  const written = ['--silent', '--show-error', '--max-time', '30', '--write-out', '\n%{http_code} %{content_type}'];
  const child = spawn('curl', [...written, ...parameters, lane.webUrl + path]);
  const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`curl ended with ${code}: ${complaint}`);
  const end = output.lastIndexOf('\n');
  const [status = '', ...type] = output.slice(end + 1).split(' ');
  return { status: Number(status), type: type.join(' '), body: output.slice(0, end) };
}

function parse<T>({ body }: CurlAnswer): T {
  return JSON.parse(body) as T;
}

function onlyBuild(answer: CurlAnswer): ShownBuild {
  return parse<{ instance_builds: [ShownBuild] }>(answer).instance_builds[0];
}

/** A build whose instances stay silent, so that it and its credential stay open. */
async function startSilentBuild(fields: object = {}): Promise<ShownBuild> {
  await setFault(system.sandbox, { kind: 'no-report' });
  const { id } = await postBuild(lane.api, fields);
  const build = await buildReaches(lane.api, id, 'started');
  await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
  return build;
}

async function groupsOf(buildId: string): Promise<number> {
  const { security_groups } = (
    await system.sandbox<{ security_groups: { tags: Record<string, string> }[] }>('/_sandbox/resources')
  ).json();
  return security_groups.filter(({ tags }) => tags['quartermaster:build'] === buildId).length;
}

/** How long (ms) `web` took to stop, as its log has it. */
function stoppedWithin({ web }: Lane): Promise<number> {
  const at = (message: string): number => {
    const line = web.lines.find((text) => text.includes(`"message":"${message}"`));
    if (line === undefined) throw new Error(`web has not said ${message}`);
    return Date.parse((JSON.parse(line) as { time: string }).time);
  };
  return eventually(() => at('Stopped') - at('Stopping'));
}

describe("pudding's README", () => {
  it('is greeted at GET / without a token', async () => {
    const answer = await curl('/');
    expect(answer).toMatchObject({ status: 200, type: expect.stringMatching(/^text\/plain/) as string });
    expect(answer.body).toMatch(/Quartermaster \d+\.\d+\.\d+/);
  });

  it('panics at POST /kaboom in the ordinary error form, and the process lives on', async () => {
    const answer = await curl('/kaboom', ...AUTH, '-X', 'POST');
    expect(answer.status).toBe(500);
    expect(parse<{ errors: unknown[] }>(answer).errors).toEqual([
      { status: '500', code: 'internal-error', title: expect.any(String), detail: expect.any(String) },
    ]);
    expect(answer.body).not.toMatch(/ {4}at |\.js:|Kaboom/);
    expect((await curl('/')).status).toBe(200);
    expect(lane.web.child.exitCode).toBeNull();
  });

  it.each([
    ['under the form content type of curl -d', []],
    ['as application/json', ['-H', 'Content-Type: application/json']],
    ['as application/vnd.kick.build+json', ['-H', 'Content-Type: application/vnd.kick.build+json']],
  ])('starts the printed build %s', async (_how, type) => {
    const answer = await curl('/instance-builds', ...AUTH, ...type, '-d', PRINTED_BUILD);
    expect(answer.status).toBe(202);
    const posted = onlyBuild(answer);
    expect(posted).toMatchObject({
      site: 'org',
      env: 'staging',
      instance_type: 'c3.2xlarge',
      count: 4,
      queue: 'docker',
    });
    expect(posted).toMatchObject({ state: 'pending', href: `/instance-builds/${posted.id}`, role: 'worker' });
    const build = await buildReaches(lane.api, posted.id, 'finished');
    expect(build.instance_ids).toHaveLength(4);
  });

  it('lists instances by env and site', async () => {
    const { id } = await postBuild(lane.api, { site: 'lists', env: 'one', count: 2 });
    await postBuild(lane.api, { site: 'lists', env: 'two' });
    const { instance_ids } = await buildReaches(lane.api, id, 'finished');
    const answer = await curl('/instances?env=one&site=lists', ...AUTH);
    expect(answer.status).toBe(200);
    const { instances } = parse<{ instances: { id: string }[] }>(answer);
    expect(instances.map((instance) => instance.id).sort()).toEqual([...instance_ids].sort());
    expect(Object.keys(instances[0] ?? {})).toEqual(
      'id name instance_type image_id ip private_ip launch_time state queue env site role managed'.split(' '),
    );
    // Pudding took an empty filter for none.
    expect((await curl('/instances?env=&site=lists', ...AUTH)).status).toBe(200);
  });

  it('gives one instance as a list of one, and 404 where there is none', async () => {
    const { id } = await postBuild(lane.api);
    const build = await buildReaches(lane.api, id, 'finished');
    const instanceId = build.instance_ids[0] ?? '';
    const answer = await curl(`/instances/${instanceId}`, ...AUTH);
    expect(answer.status).toBe(200);
    const { instances } = parse<{ instances: { id: string; name: string }[] }>(answer);
    const name = `worker-org-staging-docker-${instanceId.slice(2)}`;
    expect(instances).toEqual([expect.objectContaining({ id: instanceId, name })]);
    expect((await curl('/instances/i-00000000000000000', ...AUTH)).status).toBe(404);
  });

  it('terminates instances, and removes their group with the last of them', async () => {
    const { id } = await postBuild(lane.api, { count: 2 });
    const [first = '', second = ''] = (await buildReaches(lane.api, id, 'finished')).instance_ids;
    const terminate = async (instanceId: string): Promise<void> => {
      const answer = await curl(`/instances/${instanceId}`, ...AUTH, '-X', 'DELETE');
      expect(answer.status).toBe(202);
      expect(answer.body).toBe('{"ok":"working on that"}');
      await eventually(async () => expect((await curl(`/instances/${instanceId}`, ...AUTH)).status).toBe(404));
      await eventually(async () => {
        const { state } = (await system.sandbox<{ state: string }>(`/_sandbox/instances/${instanceId}`)).json();
        expect(state).toBe('terminated');
        const texts = (await slackMessages(system.sandbox)).map(({ text }) => text);
        expect(texts.filter((text) => text.includes(`Terminated instance \`${instanceId}\``))).toHaveLength(1);
      });
    };
    await terminate(first);
    expect(await groupsOf(id)).toBe(1);
    await terminate(second);
    await eventually(async () => expect(await groupsOf(id)).toBe(0));
  });

  it('takes the printed report of an instance, and tells the channel that it names', async () => {
    const build = await startSilentBuild({ slack_channel: 'builds' });
    const instanceId = build.instance_ids[0] ?? '';
    const report = PRINTED_REPORT.replace('i-abcd1234', instanceId);
    const answer = await curl(`/instance-builds/${build.id}`, ...AUTH, '-X', 'PATCH', '-d', report);
    expect(answer.status).toBe(200);
    expect(onlyBuild(answer).reports).toHaveProperty(instanceId);
    await eventually(async () => {
      const told = (await slackMessages(system.sandbox)).filter(
        ({ event_id }) => event_id === `reported-${build.id}-${instanceId}`,
      );
      expect(told.map(({ channel }) => channel)).toEqual(['general']);
    });
    expect((await getBuild(lane.api, build.id)).state).toBe('finished');
    // The instance of the README is not this build's.
    const foreign = await curl(`/instance-builds/${build.id}`, ...AUTH, '-X', 'PATCH', '-d', PRINTED_REPORT);
    expect(foreign.status).toBe(404);
  });

  it("gives the init script to a token and to the build's own basic auth", async () => {
    const { id } = await startSilentBuild();
    const byToken = await curl(`/init-scripts/${id}`, ...AUTH);
    expect(byToken).toMatchObject({ status: 200, type: 'text/x-shellscript; charset=utf-8' });
    expect(byToken.body).toMatch(/^#!/);
    const secret = new RegExp(`//x:([0-9a-f]{64})@[^/]+/instance-builds/${id}`).exec(byToken.body)?.[1] ?? '';
    const byBuild = await curl(`/init-scripts/${id}`, '--user', `x:${secret}`);
    expect(byBuild).toEqual(byToken);
    expect((await curl(`/init-scripts/${id}`, '--user', `x:${secret.slice(1)}0`)).status).toBe(403);
    expect((await curl(`/init-scripts/${id}`)).status).toBe(401);
  });

  it('lists images per role, one of each at most active', async () => {
    const answer = await eventually(async () => {
      const listed = await curl('/images', ...AUTH);
      expect(parse<{ images: unknown[] }>(listed).images.length).toBeGreaterThan(0);
      return listed;
    });
    expect(answer.status).toBe(200);
    const { images } = parse<{ images: { ami: string; active: boolean; role: string }[] }>(answer);
    const actives = images.filter(({ active }) => active).map(({ role }) => role);
    expect(actives).toContain('worker');
    expect(new Set(actives).size).toBe(actives.length);
    expect(images.every(({ ami, active }) => ami.startsWith('ami-') && typeof active === 'boolean')).toBe(true);
    const workers = parse<{ images: { role: string }[] }>(await curl('/images?role=worker&active=true', ...AUTH));
    expect(workers.images).toEqual([expect.objectContaining({ role: 'worker', active: true })]);
  });

  it('shuts the server down in good order at DELETE /', async () => {
    const answer = await curl('/', ...AUTH, '-X', 'DELETE');
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(await lane.web.ended).toBe(0);
    expect(await stoppedWithin(lane)).toBeLessThan(10_000);
  });

  it('answers what is under way before it ends, and does not wait for kept connections', async () => {
    const ending = await system.openLane({ start: [] });
    const headers = { prefer: 'wait=1' };
    const body = { instance_builds: { site: 'org', env: 'staging', instance_type: 'c3.2xlarge', queue: 'docker' } };
    const waiting = ending.api('/instance-builds', { body, headers });
    await eventually(async () => expect((await ending.api('/instance-builds')).text).toContain('pending'));
    expect((await ending.api('/', { method: 'DELETE' })).status).toBe(204);
    expect((await waiting).status).toBe(202);
    expect(await ending.web.ended).toBe(0);
    expect(await stoppedWithin(ending)).toBeLessThan(4000);
  });
});
