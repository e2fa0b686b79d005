import { createApi } from '../../api/api.js';
import { refusal, runCli, serve, TEST_TOKEN, type TestServer } from '../../testing/run-cli.js';
import { buildCommands } from './builds.js';
import { buildIds } from './build-record.js';

const ID = '87ff7a06-8be5-4a07-9d3f-2c697f7f4ce6';
const LATE = '0f9d3b52-5b52-4a35-8f6e-1c2d3e4f5a6b';
const NEWER = '5f3c1a2b-9d8e-4c7b-a6f5-e4d3c2b1a098';
const build = {
  id: ID,
  state: 'started',
  site: 'org',
  env: 'staging',
  queue: 'docker',
  role: 'worker',
  instance_type: 'c3.2xlarge',
  count: 2,
  tags: { team: 'search' },
  boot_instance: true,
  slack_channel: 'general',
  instance_ids: ['i-1', 'i-2'],
  reports: { 'i-1': '2026-11-20T17:17:10.902Z' },
  created_at: '2026-11-20T17:17:08.757Z',
};
const steps = [
  { name: 'plan-build', started_at: '2026-11-20T17:17:08.767Z', finished_at: '2026-11-20T17:17:08.793Z' },
  { name: 'name-instances', started_at: '2026-11-20T17:17:08.800Z' },
];

let server: TestServer;
beforeAll(async () => {
  server = await serve(({ path }) => {
    if (path === `/instance-builds/${ID}`) return { json: { instance_builds: [{ ...build, steps }] } };
    if (path === `/instance-builds/${LATE}`)
      return { json: { instance_builds: [{ ...build, id: LATE, unreported: ['i-2'], steps: [] }] } };
    if (path === `/instance-builds/${NEWER}`) return { json: { instance_builds: [{ ...build, state: 'queued' }] } };
    if (path.includes('site=none')) return { json: { instance_builds: [], meta: { page: 1, limit: 50, more: false } } };
    if (path.startsWith('/instance-builds?') || path === '/instance-builds')
      return { json: { instance_builds: [build], meta: { page: 2, limit: 1, more: true } } };
    return refusal(404, 'unknown-build', 'There is no build x.');
  });
});
beforeEach(() => {
  server.seen.length = 0;
});
afterAll(() => server.close());

const type = (...argv: string[]) => runCli(buildCommands, ['builds', ...argv], server);

it('lists builds by filters and pages, and says that there are more', async () => {
  const { stdout, stderr } = await type('--state', 'started', '--queue', 'docker', '--limit', '1', '--page', '2');
  expect(server.seen[0]?.path).toBe('/instance-builds?state=started&queue=docker&limit=1&page=2');
  expect(stdout).toContain(`${ID}  started  1/2       c3.2xlarge  org/staging/docker  worker`);
  expect(stderr).toBe('There are more: --page 3\n');
  expect((await type('--site', 'none')).stdout).toBe('No build is like that.\n');
  expect((await type('--state', 'done')).code).toBe(2);
});

it('shows one with its instances and steps', async () => {
  const { code, stdout } = await type(ID);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Reported {2}1 of 2$/m);
  expect(stdout).toMatch(/^Tags {6}team=search$/m);
  expect(stdout).toMatch(/^i-2 +not yet$/m);
  expect(stdout).toMatch(/^plan-build +2026-11-20T17:17:08.767Z +26 ms$/m);
  expect(stdout).toMatch(/^name-instances +2026-11-20T17:17:08.800Z +not done$/m);
  expect(JSON.parse((await type(ID, '--json')).stdout)).toEqual({ instance_builds: [{ ...build, steps }] });
});

it('shows a state that only a newer server knows', async () => {
  const { code, stdout } = await type(NEWER);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^State +queued$/m)]);
});

it('names the instances that have not reported in time, and waits no longer', async () => {
  const { code, stdout, stderr } = await type(LATE, '--watch');
  expect(code).toBe(1);
  expect(stdout).toContain('i-2 has not reported in time\n');
  expect(stderr).toContain(`Error: 1 instance of 2 of build ${LATE} for org/staging/docker did not report in time.`);
  expect(stderr).toContain('Not heard of: i-2');
});

it('says what goes with an id and what does not', async () => {
  expect(await type('--watch')).toMatchObject({ code: 2, stderr: expect.stringContaining('needs the id') as string });
  expect((await type(ID, '--site', 'org')).code).toBe(2);
  expect(await type('x')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('`quartermaster builds` lists those that there are.') as string,
  });
});

it('completes the ids of builds', async () => {
  expect(await buildIds(createApi({ url: server.url, token: TEST_TOKEN }))).toEqual([ID]);
});
