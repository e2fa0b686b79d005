import {
  refusal,
  runCli,
  serve,
  type Answer,
  type RunOptions,
  type SeenRequest,
  type TestServer,
} from '../../testing/run-cli.js';
import { instanceCommands } from './instances.js';

const shown = (id: string, managed = true): object => ({
  id,
  name: `worker-${id.slice(2)}`,
  state: 'running',
  managed,
});
const notThere = refusal(404, 'unknown-instance', 'There is no such instance.');
const processes = {
  processes: [{ process: 'worker', alive: true, queues: ['instance-terminations'], region: 'us-east-1' }],
};

let server: TestServer;
let remove: (request: SeenRequest) => Answer;
beforeAll(async () => {
  server = await serve((request) => {
    const { method, path } = request;
    if (path === '/processes') return { json: processes };
    if (method === 'DELETE') return remove(request);
    const id = path.replace('/instances/', '');
    return id === 'i-9' ? notThere : { json: { instances: [shown(id, id !== 'i-foreign')] } };
  });
});
beforeEach(() => {
  remove = () => ({ status: 202, json: { ok: 'working on that' } });
  server.seen.length = 0;
});
afterAll(() => server.close());

const type = (argv: string[], options: RunOptions = {}) =>
  runCli(instanceCommands, ['terminate', ...argv], { ...options, url: server.url });
const deletions = (): string[] => server.seen.filter(({ method }) => method === 'DELETE').map(({ path }) => path);

it('terminates without a question where nobody can be asked', async () => {
  expect(await type(['i-1', '--slack-channel', 'ops'])).toEqual({
    code: 0,
    stdout: 'i-1 is being terminated.\n',
    stderr: 'See what is left: `quartermaster instances i-1`\n',
  });
  expect(deletions()).toEqual(['/instances/i-1?slack-channel=ops']);
  expect(JSON.parse((await type(['i-1', '--json'])).stdout)).toEqual({ ok: 'working on that' });
});

it('shows on a terminal what would go, how many and where, and takes no for an answer', async () => {
  const asked: string[] = [];
  const confirm = (question: string): Promise<boolean> => Promise.resolve(asked.push(question) > 1);
  const terminal: RunOptions = { isTerminal: true, env: { NO_COLOR: '1' }, prompts: { isInteractive: true, confirm } };
  const refused = await type(['i-1', 'i-foreign', 'i-9'], terminal);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toBe(
    [
      'i-9  there is no such instance',
      'i-1  worker-1        running',
      'i-foreign  worker-foreign  running, not managed: refused without --force',
      'Nothing was terminated.',
      '',
    ].join('\n'),
  );
  expect([asked, deletions()]).toEqual([['Terminate 2 instances in us-east-1?'], []]);
  expect((await type(['i-1', '--force'], terminal)).code).toBe(0);
  expect((await type(['i-1', '--yes'], terminal)).code).toBe(0);
  expect([asked.slice(1), deletions()]).toEqual([
    ['Terminate 1 instance in us-east-1?'],
    ['/instances/i-1?force=true', '/instances/i-1'],
  ]);
});

it('tries all of several, and says of each that failed why and what to do', async () => {
  remove = ({ path }) =>
    path.includes('foreign')
      ? refusal(409, 'instance-not-managed', 'i-foreign was not made here.')
      : { status: 202, json: {} };
  const { code, stdout, stderr } = await type(['i-9', 'i-foreign', 'i-1', 'i-1']);
  expect(code).toBe(1);
  expect(stdout).toBe(
    [
      'ID         NAME            OUTCOME',
      'i-9                        could not be terminated',
      'i-foreign  worker-foreign  could not be terminated',
      'i-1        worker-1        is being terminated',
      '',
    ].join('\n'),
  );
  expect(stderr).toContain('Error: 2 of 3 instances could not be terminated.');
  expect(stderr).toContain(`GET ${server.url}/instances/i-9 → 404 Not Found (unknown-instance)`);
  expect(stderr).toContain('`quartermaster terminate i-foreign --force`');
});

it('says of one that is not there that it is not, and asks for nothing', async () => {
  const { code, stderr } = await type(['i-9']);
  expect([code, deletions()]).toEqual([1, []]);
  expect(stderr).toContain('Error: There is no such instance.');
});

it('waits with --wait until each is gone, whoever did it', async () => {
  const asked = new Map<string, number>();
  remove = ({ path, headers }) => {
    const times = (asked.get(path) ?? 0) + 1;
    asked.set(path, times);
    expect(headers['prefer']).toBe('wait=3');
    if (times === 1) return { status: 202, json: { ok: 'working on that' } };
    return path.endsWith('i-2') ? notThere : { json: { ok: 'terminated' } };
  };
  const { code, stdout } = await type(['i-1', 'i-2', '--wait']);
  expect([code, stdout]).toEqual([0, '0 of 2 terminated\ni-1 is terminated.\ni-2 is gone.\n2 of 2 terminated\n']);
});

it('fails with the work’s own reason where that was waited for', async () => {
  remove = () => refusal(409, 'termination-protected', 'i-1 is protected against termination in EC2.');
  const { code, stderr } = await type(['i-1', '--wait']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('Error: i-1 is protected')]);
  remove = () => refusal(503, 'ec2-unavailable', 'EC2 does not answer.');
  expect((await type(['i-1', '--wait', '--json'])).code).toBe(1);
});

it('gives up waiting, and says how to look again', async () => {
  const { code, stderr } = await type(['i-1', '--timeout', '600ms']);
  expect(code).toBe(1);
  expect(stderr).toContain('Not done within 1s: 1 termination.');
  expect(stderr).toContain('`quartermaster instances i-1`');
});

it('leaves the rest where the server goes away, and says how to see what is left', async () => {
  remove = ({ path }) => (path.endsWith('i-1') ? { status: 202, json: {} } : 'cut');
  const { code, stdout, stderr } = await type(['i-1', 'i-2', 'i-3']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/i-1 .*is being terminated\ni-2 .*may be on its way\ni-3 .*was not tried\n/);
  expect(stderr).toContain('Error: 2 of 3 instances are not known to be terminated: an answer was lost.');
  expect(stderr).toContain('See what is left: `quartermaster instances i-1 i-2 i-3`');
});

it('does not call failed what Redis lost the answer of', async () => {
  remove = () => refusal(503, 'redis-unavailable', 'Redis can not be reached.');
  const { code, stdout, stderr } = await type(['i-1', 'i-2']);
  expect([code, stdout]).toEqual([1, expect.stringMatching(/i-1 .*may be on its way\ni-2 .*was not tried\n/)]);
  expect(stderr).toContain('See what is left: `quartermaster instances i-1 i-2`');
});

it('waits through lost answers with --wait', async () => {
  const lost: Answer[] = [refusal(503, 'redis-unavailable', 'Redis can not be reached.'), 'cut'];
  remove = () => lost.shift() ?? { json: { ok: 'terminated' } };
  const { code, stdout } = await type(['i-1', '--wait']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('i-1 is terminated.')]);
});
