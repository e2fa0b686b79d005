import { runCli, refusal, serve, type Answer, type SeenRequest, type TestServer } from '../../testing/run-cli.js';
import { recordCommands } from './records.js';

const RECORD = { hostname: 'api.example.com', type: 'A', ip_address: '10.1.2.3', ttl: 60, status: 'INSYNC' };
const PENDING = { ...RECORD, status: 'PENDING' };
const FAILED = { ...RECORD, status: 'FAILED', error: { code: 'foreign-record', message: 'Something stands there.' } };

let server: TestServer;
let answer: (request: SeenRequest) => Answer | undefined;
beforeAll(async () => {
  server = await serve((request) => answer(request));
});
beforeEach(() => {
  server.seen.length = 0;
  answer = () => ({ json: RECORD });
});
afterAll(() => server.close());

function seenAs(): string[] {
  return server.seen.map(({ method, path }) => `${method} ${path}`);
}

/** Answers in turn; the last one stays. */
function inTurn(...answers: readonly Answer[]): void {
  let asked = 0;
  answer = () => answers[Math.min(asked++, answers.length - 1)];
}

describe('records', () => {
  const page = (names: readonly string[], number: number, more: boolean): Answer => ({
    json: { records: names.map((hostname) => ({ ...RECORD, hostname })), meta: { page: number, limit: 100, more } },
  });

  it('are listed, and it is said where there are more', async () => {
    answer = () => page(['a.example.com'], 2, true);
    const { code, stdout, stderr } = await runCli(recordCommands, ['records', '--limit', '1', '--page', '2'], server);
    expect([code, stdout, stderr]).toEqual([
      0,
      'HOST NAME      TYPE  VALUE     TTL  STATUS\na.example.com  A     10.1.2.3   60  INSYNC\n',
      'There are more: --page 3, or --all.\n',
    ]);
    expect(seenAs()).toEqual(['GET /records?limit=1&page=2']);
  });

  it('are given all at once with --all', async () => {
    inTurn(page(['a.example.com'], 1, true), page(['b.example.com'], 2, false));
    const { stdout } = await runCli(recordCommands, ['records', '--all', '--json'], server);
    expect(JSON.parse(stdout)).toEqual({
      records: [
        { ...RECORD, hostname: 'a.example.com' },
        { ...RECORD, hostname: 'b.example.com' },
      ],
      meta: { page: 1, limit: 2, more: false },
    });
    expect(seenAs()).toEqual(['GET /records?limit=100&page=1', 'GET /records?limit=100&page=2']);
  });

  it('take no page that is none', async () => {
    expect(await runCli(recordCommands, ['records', '--page', '0'], server)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('must be a whole number, 1 to 10000'),
    });
    expect(await runCli(recordCommands, ['records', '--all', '--page', '2'], server)).toMatchObject({ code: 2 });
    expect(server.seen).toEqual([]);
  });
});

describe('a record', () => {
  it('is watched until it is INSYNC', async () => {
    inTurn({ json: PENDING }, { json: RECORD });
    const { code, stdout } = await runCli(recordCommands, ['record', 'get', 'api.example.com', '--watch'], server);
    expect([code, stdout]).toEqual([0, 'api.example.com A 10.1.2.3: PENDING\napi.example.com A 10.1.2.3: INSYNC\n']);
  });

  it('that is being renamed is watched under its new name', async () => {
    inTurn({ json: { ...PENDING, renamed_to: 'v1.example.com' } }, { json: { ...RECORD, hostname: 'v1.example.com' } });
    const argv = ['record', 'get', 'api.example.com', '--wait', '--json'];
    const { code, stdout } = await runCli(recordCommands, argv, server);
    expect([code, JSON.parse(stdout)]).toEqual([0, { ...RECORD, hostname: 'v1.example.com' }]);
  });

  it('that is not there is looked for in the list', async () => {
    answer = () => refusal(404, 'unknown-record', 'There is no record x.');
    const { code, stderr } = await runCli(recordCommands, ['record', 'get', 'x'], server);
    expect([code, stderr]).toEqual([1, expect.stringContaining('`quartermaster records` lists those')]);
  });

  it('is set once, with a key for repeats, and how to watch it is said', async () => {
    let cuts = 1;
    answer = () => (cuts-- > 0 ? 'cut' : { status: 201, json: PENDING });
    const argv = [
      'record',
      'set',
      'api.example.com',
      '10.1.2.3',
      '--type',
      'srv',
      '--port',
      '80',
      '--ttl',
      '0',
      '--force',
    ];
    const { code, stdout, stderr } = await runCli(recordCommands, argv, server);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Status     PENDING\n')]);
    expect(stderr).toContain('`quartermaster record get api.example.com --watch`');
    expect(seenAs()).toEqual(['POST /records?force=true', 'POST /records?force=true']);
    const [first, second] = server.seen;
    expect(JSON.parse(first?.body ?? '')).toEqual({
      hostname: 'api.example.com',
      ip_address: '10.1.2.3',
      type: 'SRV',
      ttl: 0,
      port: 80,
    });
    expect(first?.headers['idempotency-key']).toBe(second?.headers['idempotency-key']);
  });

  it('says that Route 53 has not accepted it yet, and that nobody is there to do it', async () => {
    const headers = { warning: '199 quartermaster "No worker serves the queue"' };
    answer = () => ({ status: 202, json: PENDING, headers });
    const { code, stderr } = await runCli(recordCommands, ['record', 'set', 'api.example.com', '10.1.2.3'], server);
    expect(code).toBe(0);
    expect(stderr).toContain('No worker serves the queue.');
    expect(stderr).toContain('Route 53 has not accepted it yet');
  });

  it('that has failed ends with 1, its reason and the next step', async () => {
    answer = ({ method }) => (method === 'POST' ? { status: 202, json: PENDING } : { json: FAILED });
    const argv = ['record', 'set', 'api.example.com', '10.1.2.3', '--wait', '--json'];
    const { code, stdout, stderr } = await runCli(recordCommands, argv, server);
    expect([code, JSON.parse(stdout)]).toEqual([1, FAILED]);
    expect(stderr).toContain('Error: api.example.com is FAILED: Something stands there.');
    expect(stderr).toContain('200 OK, FAILED (foreign-record)');
    expect(stderr).toContain('`quartermaster record rm api.example.com`');
  });

  it('whose answer is lost is to be looked at', async () => {
    answer = () => ({ status: 502, text: 'bad gateway' });
    const { code, stderr } = await runCli(recordCommands, ['record', 'set', 'api.example.com', '10.1.2.3'], server);
    expect([code, stderr]).toEqual([3, expect.stringContaining('`quartermaster record get api.example.com`')]);
  });

  it('that is interrupted while it is sent is to be looked at', async () => {
    const interruption = new AbortController();
    answer = () => {
      interruption.abort(new Error('interrupted'));
      return { status: 201, json: PENDING };
    };
    const argv = ['record', 'set', 'api.example.com', '10.1.2.3'];
    const { code, stderr } = await runCli(recordCommands, argv, { ...server, signal: interruption.signal });
    expect([code, stderr]).toEqual([130, expect.stringContaining('`quartermaster record get api.example.com`')]);
  });

  it('is renamed with what it has, and that is not sent twice', async () => {
    answer = ({ method }) => (method === 'GET' ? { json: RECORD } : 'cut');
    const argv = ['record', 'rename', 'api.example.com', 'v1.example.com'];
    const { code, stderr } = await runCli(recordCommands, argv, server);
    expect([code, stderr]).toEqual([3, expect.stringContaining('`quartermaster record get v1.example.com`')]);
    expect(seenAs()).toEqual(['GET /record/api.example.com', 'PUT /record/api.example.com']);
    const { status: _, ...kept } = RECORD;
    expect(JSON.parse(server.seen[1]?.body ?? '')).toEqual({ ...kept, hostname: 'v1.example.com' });
  });

  it.each([
    ['value', { ip_address: '10.9.9.9' }, 'A 10.9.9.9, TTL 60 s, INSYNC'],
    ['TTL, which waits', { ttl: 300, status: 'PENDING' }, 'A 10.1.2.3, TTL 300 s, PENDING'],
    ['port', { type: 'SRV', port: 80 }, 'SRV 10.1.2.3 port 80, TTL 60 s, INSYNC'],
  ])('that somebody else has set meanwhile is not what was set: another %s', async (_what, other, shown) => {
    answer = ({ method }) => (method === 'POST' ? { status: 202, json: PENDING } : { json: { ...RECORD, ...other } });
    const argv = ['record', 'set', 'API.example.com.', '10.1.2.3', '--wait'];
    const { code, stderr } = await runCli(recordCommands, argv, server);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`was changed meanwhile: it is ${shown}.`)]);
  });

  it('may have a text that begins as an option does', async () => {
    const argv = ['record', 'set', 'x.example.com', '--type', 'TXT', '--', '-foo'];
    expect((await runCli(recordCommands, argv, server)).code).toBe(0);
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({ type: 'TXT', ip_address: '-foo' });
  });
});

describe('deleting a record', () => {
  const asking = (isMeant: boolean, questions: string[]) => ({
    ...server,
    prompts: {
      isInteractive: true,
      confirm: (question: string) => {
        questions.push(question);
        return Promise.resolve(isMeant);
      },
    },
  });

  it('is asked about on a terminal', async () => {
    const questions: string[] = [];
    const argv = ['record', 'rm', 'api.example.com'];
    const kept = await runCli(recordCommands, argv, asking(false, questions));
    expect(kept).toEqual({ code: 1, stdout: '', stderr: 'Nothing was deleted.\n' });
    expect(seenAs()).toEqual(['GET /record/api.example.com']);
    const deleted = await runCli(recordCommands, argv, asking(true, questions));
    expect(deleted).toMatchObject({ code: 0, stdout: 'Deleted: api.example.com A 10.1.2.3\n' });
    expect(questions).toEqual(Array(2).fill('Delete api.example.com A 10.1.2.3?'));
    expect((await runCli(recordCommands, [...argv, '--yes'], asking(false, questions))).code).toBe(0);
    expect(questions).toHaveLength(2);
  });

  it('is done where the first answer was lost and it is gone since', async () => {
    let deletions = 0;
    answer = ({ method }) => {
      if (method === 'GET') return { json: RECORD };
      return deletions++ === 0 ? 'cut' : refusal(404, 'unknown-record', 'There is no such record.');
    };
    const { code, stdout } = await runCli(recordCommands, ['record', 'rm', 'api.example.com', '--json'], server);
    expect([code, JSON.parse(stdout)]).toEqual([0, RECORD]);
  });
});
