import { refusal, runCli, serve, type Answer, type SeenRequest, type TestServer } from '../../testing/run-cli.js';
import { taskCommands } from './tasks.js';

const ID = '5b6cb5f4e161b303089da220';
const PATH = `/tasks/echo-steps/${ID}`;
const line = (id: string, message: string): object => ({
  id,
  timestamp: '2026-11-21T16:06:50.000Z',
  level: 'info',
  message,
});
const event = (id: string, name: string, data: object): string =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

let server: TestServer;
let stream: (lastEventId: unknown) => Answer;
beforeAll(async () => {
  server = await serve(({ path, headers }: SeenRequest) => {
    if (path === PATH) return { json: { status: 'COMPLETED', settled: true } };
    if (!path.startsWith(`${PATH}/log`)) return refusal(404, 'unknown-task-id', 'There is no such task.');
    if (headers.accept === 'text/event-stream') return stream(headers['last-event-id']);
    return { json: { log: [line('1-0', 'one'), line('2-0', 'two')] } };
  });
});
afterAll(() => server.close());

const log = (...words: string[]): ReturnType<typeof runCli> =>
  runCli(taskCommands, ['log', 'echo-steps', ID, ...words], server);

it('shows the log, or its last lines', async () => {
  expect((await log()).stdout).toBe('16:06:50 one\n16:06:50 two\n');
  expect((await log('-n', '1')).stdout).toBe('16:06:50 two\n');
  expect(JSON.parse((await log('--json', '-n', '1')).stdout)).toEqual({ log: [line('2-0', 'two')] });
  expect(await log('-n', 'x')).toMatchObject({ code: 2 });
});

it('follows it over a broken connection, each line once, and ends as the task does', async () => {
  stream = (last) => {
    if (last === '2-0') return { text: event('3-0', 'log', line('3-0', 'three')) };
    return { text: event('4-0', 'log', line('4-0', 'four')) + event('4-0', 'end', { status: 'FAILED' }) };
  };
  const { code, stdout, stderr } = await log('--follow');
  expect([code, stdout]).toEqual([1, '16:06:50 one\n16:06:50 two\n16:06:50 three\n16:06:50 four\n']);
  expect(stderr).toBe(`echo-steps ${ID} is FAILED.\n`);
});

it('waits for a server that is away for a moment', async () => {
  let asked = 0;
  stream = () => {
    asked += 1;
    if (asked === 1) return refusal(503, 'too-many-followers', 'Too many follow.');
    return { text: event('3-0', 'log', line('3-0', 'three')) + event('3-0', 'end', { status: 'COMPLETED' }) };
  };
  const { code, stdout, stderr } = await log('-f', '-n', '1', '--json');
  expect([
    code,
    stdout
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one) as object),
  ]).toEqual([0, [line('2-0', 'two'), line('3-0', 'three')]]);
  expect(stderr).toContain('Too many follow. Trying again.\n');
});

it('counts how long a server is away from its last answer, though no line comes', async () => {
  const real = Date.now;
  let asked = 0;
  let skew = 0;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => real() + skew);
  stream = () => {
    asked += 1;
    if (asked === 2) return { text: ': nothing happens\n\n' };
    if (asked === 4) return { text: event('3-0', 'end', { status: 'COMPLETED' }) };
    // More than it waits for a server that is away.
    if (asked === 3) skew = 125_000;
    return refusal(503, 'too-many-followers', 'Too many follow.');
  };
  const { code, stderr } = await log('--follow');
  clock.mockRestore();
  const [away, back] = ['Too many follow. Trying again.\n', 'The server is back.\n'];
  expect([code, stderr]).toEqual([0, `${away}${back}${away}${back}echo-steps ${ID} is COMPLETED.\n`]);
}, 15_000);

it('ends where nothing is behind the last line', async () => {
  stream = () => ({ status: 204 });
  expect(await log('--follow')).toMatchObject({ code: 0, stderr: `echo-steps ${ID} is COMPLETED.\n` });
});

it('names the command that lists tasks where there is no such one', async () => {
  const { code, stderr } = await runCli(taskCommands, ['log', 'echo-steps', '00', '-f'], server);
  expect([code, stderr]).toEqual([1, expect.stringContaining('quartermaster query echo-steps')]);
});
