import type { Given } from '../../command.js';
import { createApi } from '../../api/api.js';
import { refusal, runCli, serve, TEST_TOKEN, type Answer, type TestServer } from '../../testing/run-cli.js';
import { instanceIds, valuesOf, type Instance } from './fleet.js';
import { instanceCommands } from './instances.js';

function instance(id: string, fields: Partial<Instance> = {}): Instance {
  return {
    id,
    name: `worker-org-staging-docker-${id.slice(2)}`,
    instance_type: 'c3.2xlarge',
    image_id: 'ami-0a11d2b4a48e112a0',
    ip: '198.18.0.7',
    private_ip: '172.31.0.8',
    launch_time: new Date(Date.now() - 3_600_000).toISOString(),
    state: 'running',
    queue: 'docker',
    env: 'staging',
    site: 'org',
    role: 'worker',
    managed: true,
    ...fields,
  };
}

const FLEET = [instance('i-1'), instance('i-2', { name: 'legacy - web1', ip: '', role: 'web', managed: false })];
const IMAGES = [{ ami: 'ami-06088ad7c16b3dc12', active: true, role: 'web', name: 'web-1', state: 'available' }];

let server: TestServer;
let age: string | undefined;
beforeAll(async () => {
  server = await serve(({ path }): Answer => {
    const headers: Record<string, string> = age === undefined ? {} : { 'x-cache-age': age };
    if (path.startsWith('/instances?')) return { headers, json: { instances: [] } };
    if (path === '/instances') return { headers, json: { instances: FLEET } };
    if (path === '/instances/i-1') return { headers, json: { instances: FLEET.slice(0, 1) } };
    if (path.startsWith('/images')) return { headers, json: { images: IMAGES } };
    return refusal(404, 'unknown-instance', 'There is no instance i-9.');
  });
});
beforeEach(() => {
  age = '3';
  server.seen.length = 0;
});
afterAll(() => server.close());

const type = (...argv: string[]) => runCli(instanceCommands, argv, server);

it('lists the fleet, with the private address where there is no other', async () => {
  expect(await type('instances')).toEqual({
    code: 0,
    stderr: '',
    stdout: [
      'ID   NAME                         TYPE        STATE    IP          AGE  MANAGED',
      'i-1  worker-org-staging-docker-1  c3.2xlarge  running  198.18.0.7   1h  yes',
      'i-2  legacy - web1                c3.2xlarge  running  172.31.0.8   1h  no',
      '',
    ].join('\n'),
  });
});

it('asks for what matches the filters, and says so where nothing does', async () => {
  const { stdout } = await type('instances', '--site', 'org', '--queue', 'builds.linux');
  expect(stdout).toBe('No instance is like that.\n');
  expect(server.seen[0]?.path).toBe('/instances?site=org&queue=builds.linux');
});

it('shows one in full, and the API’s own body for a program', async () => {
  const { stdout } = await type('instances', 'i-1');
  expect(stdout).toContain('Public IP   198.18.0.7\n');
  expect(stdout).toContain('Managed     yes\n');
  expect(JSON.parse((await type('instances', 'i-1', '--json')).stdout)).toEqual({ instances: [FLEET[0]] });
});

it('shows several, and fails for those that are not there', async () => {
  const { code, stdout, stderr } = await type('instances', 'i-2', 'i-9', '--json');
  expect([code, JSON.parse(stdout)]).toEqual([1, { instances: [FLEET[1]] }]);
  expect(stderr).toContain('Error: There is no instance i-9.');
  expect(await type('instances', 'i-9')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('`quartermaster instances` lists those that there are') as string,
  });
  expect((await type('instances', 'i-1', '--env', 'prod')).code).toBe(2);
});

it('says how old the list is where EC2 has not answered for a while, or never', async () => {
  age = '305';
  const { stdout, stderr } = await type('instances', '--json');
  expect(stderr).toContain('This is what EC2 said 5m 5s ago');
  expect(JSON.parse(stdout)).toEqual({ instances: FLEET });
  age = undefined;
  expect((await type('images')).stderr).toContain('EC2 has not been asked yet');
});

it('lists images, the active ones or the others', async () => {
  expect((await type('images', '--role', 'web', '--active')).stdout).toBe(
    'AMI                    ROLE  NAME   ACTIVE  STATE\nami-06088ad7c16b3dc12  web   web-1  yes     available\n',
  );
  await type('images', '--inactive');
  expect(server.seen.map(({ path }) => path)).toEqual(['/images?role=web&active=true', '/images?active=false']);
  expect((await type('images', '--active', '--inactive')).code).toBe(2);
});

it('completes ids that are not on the line yet, and what the fleet has of a property', async () => {
  const api = createApi({ url: server.url, token: TEST_TOKEN });
  const given: Given = { arguments: ['i-1'], options: {} };
  expect(await instanceIds(api, given)).toEqual(['i-2']);
  expect(await valuesOf('role')(api)).toEqual(['web', 'worker']);
});
