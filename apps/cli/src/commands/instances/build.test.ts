import { refusal, runCli, serve, type Answer, type RunOptions, type TestServer } from '../../testing/run-cli.js';
import { buildCommands } from './builds.js';
import type { Build } from './build-record.js';

const ID = '87ff7a06-8be5-4a07-9d3f-2c697f7f4ce6';
const NEEDED = ['--site', 'org', '--env', 'staging', '--queue', 'docker', '-t', 'c3.2xlarge'];

let server: TestServer;
let answer: () => Answer;
let states: Partial<Build>[];
let workers: object[];

function build(fields: Partial<Build>): Build {
  const { site, env, queue, role } = { site: 'org', env: 'staging', queue: 'docker', role: 'worker' };
  return {
    id: ID,
    state: 'pending',
    site,
    env,
    queue,
    role,
    instance_type: 'c3.2xlarge',
    count: 2,
    tags: {},
    boot_instance: true,
    instance_ids: [],
    reports: {},
    created_at: '2026-11-20T17:17:08.757Z',
    ...fields,
  };
}

beforeAll(async () => {
  server = await serve(({ method, path }) => {
    if (path === '/processes') return { json: { processes: workers } };
    if (method === 'POST') return answer();
    return { json: { instance_builds: [build((states.length > 1 ? states.shift() : states[0]) ?? {})] } };
  });
});
beforeEach(() => {
  answer = () => ({ status: 202, json: { instance_builds: [build({})] } });
  states = [{}];
  workers = [{ process: 'worker', alive: true, queues: ['instance-builds'], region: 'us-east-1' }];
  server.seen.length = 0;
});
afterAll(() => server.close());

const type = (argv: string[], options: RunOptions = {}) =>
  runCli(buildCommands, ['build', ...argv], { ...options, url: server.url });
const sent = (): Record<string, unknown>[] =>
  server.seen
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => (JSON.parse(body) as { instance_builds: Record<string, unknown> }).instance_builds);

it('sends what was typed under an id of its own, and says how to watch it', async () => {
  const { code, stdout, stderr } = await type(NEEDED);
  const [one] = sent();
  expect(one).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    site: 'org',
    env: 'staging',
    queue: 'docker',
    instance_type: 'c3.2xlarge',
  });
  expect(server.seen[0]?.headers['idempotency-key']).toBeDefined();
  expect(stdout).toBe(`Build ${ID}: pending, 2 × c3.2xlarge for org/staging/docker, role worker\n`);
  expect([code, stderr]).toEqual([0, `Watch it: \`quartermaster builds ${String(one?.['id'])} --watch\`\n`]);
});

it('has an option for every field', async () => {
  const texts = ['role=web', 'ami=ami-1', 'subnet-id=subnet-1', 'security-group-id=sg-1', 'iam-instance-profile=p'];
  const others = ['key-name=k', 'root-volume-gb=100', 'name-template={{ role }}', 'slack-channel=ops', `id=${ID}`];
  const tags = ['--tag', 'team=search', '--tag', 'note=a=b', '--no-boot-instance', '-n', '4', '--json'];
  const { stdout } = await type([...NEEDED, ...[...texts, ...others].map((text) => `--${text}`), ...tags]);
  expect(sent()[0]).toMatchObject({
    id: ID,
    role: 'web',
    ami: 'ami-1',
    subnet_id: 'subnet-1',
    security_group_id: 'sg-1',
    count: 4,
    iam_instance_profile: 'p',
    key_name: 'k',
    root_volume_gb: 100,
    name_template: '{{ role }}',
    slack_channel: 'ops',
    tags: { team: 'search', note: 'a=b' },
    boot_instance: false,
  });
  expect(JSON.parse(stdout)).toEqual({ instance_builds: [build({})] });
});

it('names what is missing, and what is wrong, before anything is sent', async () => {
  expect((await type(['--site', 'org', '-t', 'c3.large'])).stderr).toContain('A build needs --env and --queue.');
  for (const wrong of [
    ['-n', '0'],
    ['-n', '2.5'],
    ['--root-volume-gb', '20000'],
    ['--tag', '=x'],
    ['--id', 'mine'],
  ])
    expect((await type([...NEEDED, ...wrong])).code).toBe(2);
  expect(server.seen).toEqual([]);
});

it('shows refusals with the options’ names', async () => {
  answer = () => refusal(400, 'invalid-body', 'instance_builds.instance_type must be an instance type, not c3');
  const { code, stderr } = await type(NEEDED);
  expect([code, stderr]).toEqual([1, expect.stringContaining('Error: --instance-type must be an instance type')]);
});

describe('on a terminal', () => {
  const asked: string[] = [];
  const terminal = (isAgreed: boolean): RunOptions => ({
    prompts: {
      isInteractive: true,
      confirm: (question) => {
        asked.push(question);
        return Promise.resolve(isAgreed);
      },
    },
  });
  beforeEach(() => {
    asked.length = 0;
  });

  it('asks with count, type, place, role and region', async () => {
    const { code, stderr } = await type([...NEEDED, '-n', '4'], terminal(false));
    expect([code, stderr, sent()]).toEqual([1, 'Nothing was built.\n', []]);
    expect(asked).toEqual(['Build 4 worker instances of type c3.2xlarge for org/staging/docker in us-east-1?']);
  });

  it('leaves the region out where nobody tells it, and does not ask with --yes or where nothing is launched', async () => {
    workers = [{ process: 'worker', alive: true, queues: [] }];
    expect((await type([...NEEDED, '--role', 'web'], terminal(true))).code).toBe(0);
    expect(asked).toEqual(['Build 1 web instance of type c3.2xlarge for org/staging/docker?']);
    expect((await type([...NEEDED, '-y'], terminal(false))).code).toBe(0);
    expect((await type([...NEEDED, '--no-boot-instance'], terminal(false))).code).toBe(0);
    expect([asked.length, sent().length]).toEqual([1, 3]);
  });
});

it('says so where no worker is there to do it', async () => {
  answer = () => ({
    status: 202,
    headers: {
      warning: '199 quartermaster "No worker serves the queue instance-builds at the moment; the work waits"',
    },
    json: { instance_builds: [build({})] },
  });
  expect((await type(NEEDED)).stderr).toContain(
    'No worker serves the queue instance-builds at the moment; the work waits.',
  );
});

it('sends the same build again where the connection breaks, and else says how to look it up', async () => {
  answer = () => 'cut';
  const { code, stderr } = await type([...NEEDED, '--id', ID]);
  expect([code, new Set(sent().map(({ id }) => id)).size]).toEqual([3, 1]);
  expect(sent().length).toBeGreaterThan(1);
  expect(stderr).toContain(
    `See whether it was accepted: \`quartermaster builds ${ID}\`. The same command with --id ${ID}`,
  );
  answer = () => refusal(503, 'redis-unavailable', 'Redis does not answer.');
  expect((await type([...NEEDED, '--id', ID])).stderr).toContain(`with --id ${ID} builds it once`);
});

it('follows it to its end with --wait, step by step', async () => {
  const [begun, done] = ['2026-11-20T17:17:09.000Z', '2026-11-20T17:17:12.100Z'];
  const launched = {
    instance_ids: ['i-1', 'i-2'],
    steps: [{ name: 'run-instances', started_at: begun, finished_at: done }],
  };
  states = [
    { steps: [{ name: 'run-instances', started_at: begun }] },
    { ...launched, state: 'started', reports: { 'i-2': done } },
    { ...launched, state: 'finished', reports: { 'i-2': done, 'i-1': done } },
  ];
  const { code, stdout } = await type([...NEEDED, '--wait', '--id', ID]);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'pending: run-instances',
    'run-instances: done in 3s',
    'Launched i-1, i-2',
    'i-2 has reported',
    'started, 1 of 2 instances has reported',
    'i-1 has reported',
    'finished',
    `Build ${ID} is finished: 2 of 2 instances have reported.`,
    '',
  ]);
});

it('fails with the build’s own reason', async () => {
  states = [{ state: 'failed', error: { code: 'no-capacity', message: 'EC2 has no room.' } }];
  const { code, stdout, stderr } = await type([...NEEDED, '--wait', '--json', '--id', ID]);
  expect([code, JSON.parse(stdout)]).toMatchObject([1, { instance_builds: [{ id: ID, state: 'failed' }] }]);
  expect(stderr).toContain(`Error: Build ${ID} has failed: EC2 has no room.`);
  expect(stderr).toContain(`GET ${server.url}/instance-builds/${ID} → 200 OK, the build is failed (no-capacity)`);
});

it('leaves it alone on Ctrl-C, and says how to look at it again', async () => {
  const interruption = new AbortController();
  states = [{ state: 'started', instance_ids: ['i-1', 'i-2'] }];
  setTimeout(() => interruption.abort(new Error('interrupted')), 300);
  const { code, stderr } = await type([...NEEDED, '--wait', '--id', ID], { signal: interruption.signal });
  expect(code).toBe(130);
  expect(stderr).toContain(`Look at it again: \`quartermaster builds ${ID} --watch\``);
});
