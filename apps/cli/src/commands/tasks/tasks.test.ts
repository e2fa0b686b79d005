import { refusal, runCli, serve, type Answer, type SeenRequest, type TestServer } from '../../testing/run-cli.js';
import { taskCommands } from './tasks.js';

const ID = '5b6cb5f4e161b303089da220';
const AT = '2026-11-21T16:06:50.000Z';
const base = { _id: ID, exceptions: [], log: [], date_created: AT, date_updated: AT };
const step = { ...base, status: 'RUNNING', settled: false, steps: 3 };
const done = { ...step, status: 'COMPLETED', settled: true };
const failed = {
  ...done,
  status: 'FAILED',
  exceptions: [{ message: 'Slack did not answer.' }, { message: 'There is no stack nope.', code: 'unknown-stack' }],
};
const restart = { ...base, status: 'RUNNING', settled: false, stack: 'mobile-app', layer: 'api', instancesOnline: [] };
const line = (id: string, message: string, level = 'info'): object => ({ id, timestamp: AT, level, message });

let server: TestServer;
let answers: Record<string, Answer | ((request: SeenRequest) => Answer | undefined)> = {};
beforeAll(async () => {
  server = await serve((request) => {
    const found = answers[`${request.method} ${request.path.split('?')[0]}`];
    return typeof found === 'function' ? found(request) : found;
  });
});
beforeEach(() => {
  server.seen.length = 0;
  answers = {};
});
afterAll(() => server.close());

const type = (...argv: string[]): ReturnType<typeof runCli> => runCli(taskCommands, argv, server);
const sent = (): unknown => JSON.parse(server.seen[0]?.body ?? '');

describe('tasks', () => {
  it('are listed, a name per line', async () => {
    answers = { 'GET /tasks': { json: ['echo-steps', 'layer-rolling-restart'] } };
    expect((await type('tasks')).stdout).toBe('echo-steps\nlayer-rolling-restart\n');
    expect(JSON.parse((await type('tasks', '--json')).stdout)).toEqual(['echo-steps', 'layer-rolling-restart']);
  });

  it('that are broken are listed with the reason', async () => {
    answers = { 'GET /tasks': { json: [{ name: 'mine', error: 'SyntaxError: }' }, { name: 'ours' }] } };
    expect((await type('tasks', '--detail')).stdout).toBe('NAME  STATE\nmine  broken: SyntaxError: }\nours  ok\n');
    expect(server.seen[0]?.path).toBe('/tasks?detail=true');
  });
});

describe('do', () => {
  it('sends what AWSuper’s page prints, once, and says how to watch it', async () => {
    answers = { 'POST /tasks/layer-rolling-restart': { status: 202, json: { ...restart, status: 'PENDING' } } };
    const { code, stdout, stderr } = await type(
      'do',
      '--delay',
      '2w',
      'layer-rolling-restart',
      'stackName=my stack',
      'layerName=superduper',
    );
    expect([code, stdout]).toEqual([0, `layer-rolling-restart ${ID} is PENDING.\n`]);
    expect(stderr).toContain(`quartermaster check layer-rolling-restart ${ID} --watch`);
    expect(sent()).toEqual({ stackName: 'my stack', layerName: 'superduper' });
    expect(server.seen[0]).toMatchObject({ path: '/tasks/layer-rolling-restart?delay=2w' });
    expect(server.seen[0]?.headers).toHaveProperty('idempotency-key');
  });

  it('says when it is due', async () => {
    const due = { ...restart, status: 'PENDING', due_at: '2999-01-31T10:35:00.000Z' };
    answers = { 'POST /tasks/layer-rolling-restart': { status: 202, json: due } };
    const { stdout } = await type('do', '-w', '2999-01-31 10:35', 'layer-rolling-restart', 'stack=a', 'layer=b');
    expect(stdout).toBe(`layer-rolling-restart ${ID} is PENDING, due 2999-01-31 10:35 UTC.\n`);
    expect(server.seen[0]?.path).toBe('/tasks/layer-rolling-restart?when=2999-01-31+10%3A35');
  });

  it('repeats the server’s warning that nobody is there to do it', async () => {
    const headers = { warning: '199 quartermaster "No worker serves the queue tasks at the moment; the work waits"' };
    answers = { 'POST /tasks/echo-steps': { status: 202, json: step, headers } };
    expect((await type('do', 'echo-steps')).stderr).toContain('No worker serves the queue tasks at the moment');
  });

  it('waits, and shows its log and how it ends', async () => {
    let looks = 0;
    answers = {
      'POST /tasks/echo-steps': { status: 202, json: { ...step, status: 'PENDING' } },
      [`GET /tasks/echo-steps/${ID}`]: () => ({ json: (looks += 1) > 1 ? done : step }),
      [`GET /tasks/echo-steps/${ID}/log`]: ({ path }) => ({
        json: { log: path.includes('after=1-0') ? [line('2-0', 'two', 'warn')] : [line('1-0', 'one\u001b[2J')] },
      }),
    };
    const { code, stdout } = await type('do', 'echo-steps', 'steps=["one","two"]', '--wait');
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [`echo-steps ${ID}`, '16:06:50 one [2J', 'RUNNING', '16:06:50 warn: two', 'COMPLETED', ''],
    ]);
    expect(sent()).toEqual({ steps: ['one', 'two'] });
  });

  it('fails with the reasons of a task that failed', async () => {
    answers = {
      'POST /tasks/echo-steps': { status: 202, json: step },
      [`GET /tasks/echo-steps/${ID}`]: { json: failed },
      [`GET /tasks/echo-steps/${ID}/log`]: { json: { log: [] } },
    };
    const { code, stdout, stderr } = await type('do', 'echo-steps', '--wait', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([1, failed]);
    expect(stderr).toContain(`Error: echo-steps ${ID} is FAILED: There is no stack nope. (unknown-stack)\n`);
    expect(stderr).toContain('Slack did not answer.');
    expect(stderr).toContain(`quartermaster log echo-steps ${ID}`);
  });

  it('prints a plan as a table', async () => {
    const plan = [{ position: 1, Hostname: 'api1', InstanceId: 'i-1', Status: 'online' }];
    const planned = { ...restart, status: 'COMPLETED', settled: true, totalInstances: 1, windowSize: 1, plan };
    answers = { 'POST /tasks/layer-rolling-restart': { json: planned } };
    const { code, stdout } = await type('do', 'layer-rolling-restart', 'stack=mobile-app', 'layer=api', 'plan=true');
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [
        'Would restart 1 instance of api of mobile-app, at most 1 at a time, in this order:',
        '#  HOST NAME  STATUS  ID',
        '1  api1       online  i-1',
        '',
      ],
    ]);
  });

  it.each([
    [['echo-steps', 'steps'], 'steps is no key=value.'],
    [['echo-steps', '--delay', '1h', '--when', '2999-01-01'], 'Give --delay or --when, not both.'],
  ])('%j is refused before anything is sent', async (words, message) => {
    const { code, stderr } = await type('do', ...words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`Error: ${message}`)]);
    expect(server.seen).toEqual([]);
  });

  it('says where to look when the answer is lost', async () => {
    answers = { 'POST /tasks/echo-steps': { status: 502, text: 'Bad gateway' } };
    const { code, stderr } = await type('do', 'echo-steps');
    expect([code, stderr]).toEqual([3, expect.stringContaining('quartermaster query echo-steps limit=3')]);
  });
});

describe('check', () => {
  const path = `GET /tasks/layer-rolling-restart/${ID}`;

  it('shows fields, instances, exceptions and log', async () => {
    const api = (number: number): object => ({ Hostname: `api${number}`, InstanceId: `i-${number}`, timestamp: AT });
    const record = {
      ...restart,
      window: 1,
      totalInstances: 2,
      windowSize: 1,
      targets: [api(1), api(2)],
      instancesStopping: [api(1)],
      exceptions: [{ message: 'EC2 does not answer.', code: 'ec2-unavailable' }],
      log: [line('1-0', 'api1: asked to stop')],
    };
    answers = { [path]: { json: record } };
    const { stdout } = await type('check', 'layer-rolling-restart', ID);
    expect(stdout).toMatch(
      /^Task +layer-rolling-restart\nID +5b6c\S+\nStatus +RUNNING\nstack +mobile-app\nlayer +api\n/,
    );
    expect(stdout).toMatch(/\nRestarted +0 of 2, at most 1 at a time\n/);
    expect(stdout).toContain(
      'HOST NAME  STATE     SINCE     ID\napi1       stopping  16:06:50  i-1\napi2       waiting',
    );
    expect(stdout).toContain('Exceptions\n  EC2 does not answer. (ec2-unavailable)\n');
    expect(stdout).toContain('Log\n  16:06:50 api1: asked to stop\n');
    expect(stdout).not.toContain('targets');
  });

  it('says that no worker is there for what waits', async () => {
    answers = {
      [path]: { json: { ...restart, status: 'PENDING' } },
      'GET /processes': { json: { processes: [], queues: [{ name: 'tasks', workers: 0 }] } },
    };
    expect((await type('check', 'layer-rolling-restart', ID)).stderr).toContain('No worker serves the queue of tasks');
  });

  it('goes on watching nothing after Ctrl-C, and says how to look at it again', async () => {
    const interruption = new AbortController();
    answers = {
      [path]: { json: restart },
      [`${path}/log`]: () => {
        setTimeout(() => interruption.abort(new Error('interrupted')), 30);
        return { json: { log: [] } };
      },
    };
    const { code, stderr } = await runCli(taskCommands, ['check', 'layer-rolling-restart', ID, '--watch'], {
      url: server.url,
      signal: interruption.signal,
    });
    expect(code).toBe(130);
    expect(stderr).toContain(`No longer watching layer-rolling-restart ${ID}.`);
    expect(stderr).toContain(
      `It goes on. Look at it again: \`quartermaster check layer-rolling-restart ${ID} --watch\``,
    );
  });

  it('names the command that lists tasks where there is no such one', async () => {
    answers = { [path]: refusal(404, 'unknown-task-id', 'There is no such task.') };
    const { code, stderr } = await type('check', 'layer-rolling-restart', ID);
    expect([code, stderr]).toEqual([1, expect.stringContaining('quartermaster query layer-rolling-restart')]);
  });
});

describe('query', () => {
  it('sends its conditions as they are, and says what more there is', async () => {
    answers = { 'GET /tasks/layer-rolling-restart': { json: { num_found: 12, data: [restart] } } };
    const { stdout, stderr } = await type(
      'query',
      'layer-rolling-restart',
      'status=RUNNING',
      'status=PENDING',
      'sort[date_updated]=desc',
      'limit=1',
    );
    const url = new URL(server.seen[0]?.path ?? '', 'http://x');
    expect([...url.searchParams]).toEqual([
      ['status', 'RUNNING'],
      ['status', 'PENDING'],
      ['sort[date_updated]', 'desc'],
      ['limit', '1'],
    ]);
    expect(stdout).toMatch(
      /^ID +STATUS +STACK +LAYER +RESTARTED +CREATED\n5b6cb5f4e161b303089da220 +RUNNING +mobile-app/,
    );
    expect(stderr).toContain('1 of 12, page 1 of 12: page=2 shows more.\n');
  });

  it.each([
    ['the first page', [], 12, '1 of 12, page 1 of 2: page=2 or limit=50 shows more.\n'],
    ['the last page', ['page=2'], 12, ''],
    ['the last page of one each', ['limit=1', 'page=7'], 7, ''],
    ['a full page that is all', ['limit=10'], 10, ''],
  ])('of %s says what more there is: nothing that is not', async (_what, words, total, said) => {
    answers = { 'GET /tasks/echo-steps': { json: { num_found: total, data: [step] } } };
    expect((await type('query', 'echo-steps', ...words)).stderr).toBe(said);
  });

  it('says so of a page behind the last', async () => {
    answers = { 'GET /tasks/echo-steps': { json: { num_found: 12, data: [] } } };
    const { stdout } = await type('query', 'echo-steps', 'page=3');
    expect(stdout).toBe('None is on page 3: there are 12, on 2 pages.\n');
  });

  it('says so where nothing fits', async () => {
    answers = { 'GET /tasks/echo-steps': { json: { num_found: 0, data: [] } } };
    expect((await type('query', 'echo-steps')).stdout).toBe('No task fits.\n');
  });
});

describe('cancel and resume', () => {
  it('a cancel that is settled is what was asked for', async () => {
    const cancelled = { ...step, status: 'CANCELLED' };
    answers = {
      [`DELETE /tasks/echo-steps/${ID}`]: { json: cancelled },
      [`GET /tasks/echo-steps/${ID}`]: { json: { ...cancelled, settled: true } },
      [`GET /tasks/echo-steps/${ID}/log`]: { json: { log: [] } },
    };
    expect(await type('cancel', 'echo-steps', ID)).toMatchObject({
      code: 0,
      stdout: `echo-steps ${ID} is CANCELLED, not settled.\n`,
    });
    expect((await type('cancel', 'echo-steps', ID, '--wait')).code).toBe(0);
    // Whoever only watches it is told that it did not complete.
    expect((await type('check', 'echo-steps', ID, '--watch')).code).toBe(1);
  });

  it('a restart that has left instances says how to go on, or what has gone on', async () => {
    const left = {
      ...restart,
      status: 'CANCELLED',
      settled: true,
      instancesLeft: [{ Hostname: 'a1', InstanceId: 'i-1' }],
    };
    const path = `/tasks/layer-rolling-restart/${ID}`;
    answers = {
      [`DELETE ${path}`]: { json: left },
      [`GET ${path}`]: { json: left },
      [`GET ${path}/log`]: { json: { log: [] } },
    };
    const { code, stderr } = await type('cancel', 'layer-rolling-restart', ID, '--wait');
    expect([code, stderr]).toEqual([
      0,
      `1 instance is left. Go on: \`quartermaster resume layer-rolling-restart ${ID} --wait\`\n`,
    ]);
    answers[`GET ${path}`] = { json: { ...left, resumed_by: '00' } };
    const watched = await type('check', 'layer-rolling-restart', ID, '--watch');
    expect([watched.code, watched.stderr]).toEqual([1, expect.stringContaining('check layer-rolling-restart 00`')]);
  });

  it('a resumed task is a new one', async () => {
    const next = { ...step, _id: '00000000e161b303089da220', status: 'PENDING', resumed_from: ID };
    answers = { [`POST /tasks/echo-steps/${ID}/resume`]: { status: 202, json: next } };
    expect((await type('resume', 'echo-steps', ID)).stdout).toBe('echo-steps 00000000e161b303089da220 is PENDING.\n');
  });

  it('a cancel whose first answer was lost is done where the task is CANCELLED since', async () => {
    const ended = { ...step, status: 'CANCELLED', settled: true };
    let deletions = 0;
    answers = {
      [`DELETE /tasks/echo-steps/${ID}`]: () =>
        deletions++ % 2 === 0 ? 'cut' : refusal(409, 'task-ended', 'It has ended already: it is CANCELLED.'),
      [`GET /tasks/echo-steps/${ID}`]: { json: ended },
      [`GET /tasks/echo-steps/${ID}/log`]: { json: { log: [] } },
    };
    const done = { code: 0, stdout: `echo-steps ${ID} is CANCELLED.\n`, stderr: '' };
    expect(await type('cancel', 'echo-steps', ID)).toEqual(done);
    expect(await type('cancel', 'echo-steps', ID, '--wait')).toMatchObject({ code: 0, stderr: '' });
    answers[`GET /tasks/echo-steps/${ID}`] = { json: { ...ended, status: 'COMPLETED' } };
    expect(await type('cancel', 'echo-steps', ID)).toMatchObject({ code: 1 });
  });

  it('what has ended can not be cancelled', async () => {
    answers = { [`DELETE /tasks/echo-steps/${ID}`]: refusal(409, 'task-ended', 'It has ended already.') };
    const { code, stderr } = await type('cancel', 'echo-steps', ID);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`quartermaster check echo-steps ${ID}`)]);
  });
});
