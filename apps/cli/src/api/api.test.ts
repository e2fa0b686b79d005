import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { EXIT } from '../failures.js';
import { refusal, serve, type Answer, type SeenRequest, type TestServer } from '../testing/run-cli.js';
import { createApi, path, type ApiOptions } from './api.js';
import { ApiFailure, Unreachable } from './api-failure.js';

let server: TestServer;
let answer: (request: SeenRequest) => Answer | undefined = () => undefined;
beforeAll(async () => {
  server = await serve((request) => answer(request));
});
beforeEach(() => server.seen.splice(0));
afterAll(() => server.close());

const open = (options: Partial<ApiOptions> = {}): ReturnType<typeof createApi> =>
  createApi({ url: server.url, token: 'secret-token', sleep: () => Promise.resolve(), ...options });

async function failureOf(work: Promise<unknown>): Promise<Unreachable | ApiFailure> {
  const error: unknown = await work.then(
    () => 'no failure',
    (reason: unknown) => reason,
  );
  if (error instanceof Unreachable || error instanceof ApiFailure) return error;
  throw error;
}

/** Cut the first `times`, then `then`. */
function cutting(times: number, then: Answer): (request: SeenRequest) => Answer {
  let cut = 0;
  return () => (cut++ < times ? 'cut' : then);
}

describe('a broken connection', () => {
  it('is tried again with the same Idempotency-Key and request id', async () => {
    answer = cutting(2, { status: 202, json: { id: 1 } });
    const { body } = await open().request({ method: 'POST', path: '/tasks/x', body: {}, isRepeatable: true });
    expect(body).toEqual({ id: 1 });
    const keys = server.seen.map(({ headers }) => [headers['idempotency-key'], headers['x-request-id']].join());
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36},[0-9a-f-]{36}$/);
  });

  it('is given up after three times more', async () => {
    answer = () => 'cut';
    const failure = await failureOf(open().get('/instances'));
    expect(server.seen).toHaveLength(4);
    expect(failure.exitCode).toBe(EXIT.unreachable);
    expect(failure.message).toBe(`Can not reach ${server.url}: the connection was cut.`);
  });

  it('ends a POST that can not be repeated, and says that it may have arrived', async () => {
    answer = () => 'cut';
    const failure = await failureOf(open().request({ method: 'POST', path: '/accounts', body: {} }));
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]?.headers['idempotency-key']).toBeUndefined();
    expect(failure).toMatchObject({ mayHaveArrived: true });
    expect(failure.details.lines).toEqual(['The request may have been accepted all the same.']);
  });

  it('says of a repeated DELETE that finds nothing that the first may have done it', async () => {
    answer = cutting(1, refusal(404, 'unknown-record', 'There is no such record.'));
    const failure = await failureOf(open().request({ method: 'DELETE', path: '/record/a.example.com' }));
    expect(failure.details.lines).toEqual([
      'The connection broke the first time: that request may have done it already.',
    ]);
  });

  const change = { method: 'POST', path: '/tasks/x', body: {}, isRepeatable: true } as const;

  it('may have arrived by the first try, though the repeat is refused', async () => {
    const passing = await serve(() => 'cut');
    const api = open({ url: passing.url, sleep: () => passing.close() });
    expect(await failureOf(api.request(change))).toMatchObject({
      message: `Can not reach ${passing.url}: connection refused.`,
      mayHaveArrived: true,
      details: { lines: ['The request may have been accepted all the same.'] },
    });
    expect(passing.seen).toHaveLength(1);
  });

  it.each<[Answer, boolean]>([
    [refusal(503, 'draining', 'The server ends.'), true],
    [{ status: 404, text: '<html>', headers: { 'content-type': 'text/html' } }, true],
    [refusal(400, 'invalid-body', 'No.'), false],
  ])('may have arrived by the first try, by what the repeat is answered: %j', async (then, mayHaveArrived) => {
    answer = cutting(1, then);
    const failure = await failureOf(open().request(change));
    expect(failure).toMatchObject({ mayHaveArrived });
    if (mayHaveArrived) expect(failure.details.next).toBe('Look at how it stands before you repeat it.');
    answer = () => then;
    expect(await failureOf(open().request(change))).toMatchObject({ mayHaveArrived: false });
  });

  it('is not tried again after Ctrl-C', async () => {
    const interruption = new AbortController();
    answer = () => {
      setTimeout(() => interruption.abort(new Error('interrupted')), 20);
      return 'cut';
    };
    const api = createApi({ url: server.url, signal: interruption.signal });
    await expect(api.get('/instances')).rejects.toThrow(/interrupted|aborted/);
    expect(server.seen).toHaveLength(1);
  });
});

it('does not try a refused connection again', async () => {
  const unused = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => unused.once('listening', resolve));
  const { port } = unused.address() as AddressInfo;
  await new Promise((resolve) => unused.close(resolve));
  const slept: number[] = [];
  const api = open({ url: `http://127.0.0.1:${port}`, sleep: async (ms) => void slept.push(ms) });
  const failure = await failureOf(api.request({ method: 'POST', path: '/records', isRepeatable: true }));
  expect([failure.message, slept]).toEqual([`Can not reach http://127.0.0.1:${port}: connection refused.`, []]);
  expect(failure).toMatchObject({ mayHaveArrived: false });
});

it('gives up an answer that takes too long', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const failure = await failureOf(open({ url }).request({ method: 'GET', path: '/', timeoutMs: 50 }));
  expect(failure.message).toBe(`Can not reach ${url}: no answer within 0.05 s.`);
  silent.close();
});

describe('an answer that is not Quartermaster’s', () => {
  const html = { 'content-type': 'text/html' };
  it.each<[string, Answer, string, string, boolean]>([
    [
      'a router’s error',
      { status: 502, text: '<h1>Bad Gateway</h1>', headers: html },
      'the answer, 502 Bad Gateway, is not Quartermaster’s',
      '502 Bad Gateway',
      true,
    ],
    ['a web page', { text: '<html>', headers: html }, 'the answer, 200 OK, is not Quartermaster’s', '200 OK', false],
    ['a text', { text: 'hello' }, 'the answer is no JSON, so it is not Quartermaster’s', '200', true],
    [
      'JSON of another shape',
      { status: 404, json: { errors: ['no such index'] } },
      'the answer, 404 Not Found, is not Quartermaster’s',
      '404 Not Found',
      false,
    ],
    [
      'half a document',
      { text: '{"instances":[', headers: { 'content-type': 'application/json' } },
      'the answer, 200 OK, is not Quartermaster’s',
      '200 OK',
      false,
    ],
    [
      'a redirect',
      { status: 301, headers: { location: 'https://q.example.com/x' } },
      'it redirects to https://q.example.com/x',
      '301 Moved Permanently',
      false,
    ],
  ])('%s', async (_name, given, reason, shown, mayHaveArrived) => {
    answer = () => given;
    const failure = await failureOf(open().get('/instances'));
    expect(failure.message).toBe(`Can not reach ${server.url}: ${reason}.`);
    expect(failure.details.request).toBe(`GET ${server.url}/instances → ${shown}`);
    expect(failure).toMatchObject({ exitCode: EXIT.unreachable, mayHaveArrived });
    expect(server.seen).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('has all problems of a body, the request and its id', async () => {
    const errors = ['count must be a number', 'bogus is not a known field'].map((detail) => ({
      code: 'invalid-body',
      detail,
    }));
    answer = () => ({ status: 400, json: { errors }, headers: { 'x-request-id': 'r-1' } });
    const failure = await failureOf(open().get('/instances'));
    expect(failure).toMatchObject({ exitCode: EXIT.failed, status: 400, code: 'invalid-body' });
    expect(failure.message).toBe('count must be a number');
    expect(failure.details).toMatchObject({
      lines: ['bogus is not a known field'],
      request: `GET ${server.url}/instances → 400 Bad Request (invalid-body), request r-1`,
    });
  });

  it.each([
    [
      { status: 'error', status_message: 'There is no such cluster.', error_detail: 'unknown-cluster' },
      'unknown-cluster',
      [],
    ],
    [
      { status: 'error', status_message: 'The form is not valid.', error_detail: 'a is bad; b is bad' },
      'error',
      ['a is bad', 'b is bad'],
    ],
  ])('of a cluster is read in kanto’s shape', async (json, code, lines) => {
    answer = () => ({ status: 404, json });
    const failure = await failureOf(open().request({ method: 'POST', path: '/v0/detail', form: { a: '1' } }));
    expect([failure.message, failure]).toEqual([json.status_message, expect.objectContaining({ code })]);
    expect(failure.details.lines).toEqual(lines);
  });

  it('of 503 says when to come again, and is not repeated', async () => {
    answer = () => ({
      status: 503,
      json: { errors: [{ code: 'zones-not-read', detail: 'No zones yet.' }] },
      headers: { 'retry-after': '5' },
    });
    const failure = await failureOf(open().get('/records'));
    expect(failure.details.next).toContain('Try again in 5 s');
    expect(server.seen).toHaveLength(1);
  });
});

it('has the token in no message and no line of --verbose', async () => {
  const lines: string[] = [];
  const api = open({ onExchange: (line) => lines.push(line) });
  const answers: Answer[] = ['cut', refusal(403, 'unknown-token', 'No.'), { status: 500, text: 'oops' }];
  for (const one of answers) {
    answer = () => one;
    const { message, details } = await failureOf(api.get('/instances'));
    expect(JSON.stringify([message, details, lines])).not.toContain('secret-token');
  }
  expect(lines.at(-2)).toMatch(/^GET .*\/instances → 403 in \d+ ms$/);
});

it('sends no token where none is wanted', async () => {
  answer = () => ({ json: {} });
  await open().request({
    method: 'POST',
    path: '/v0/list',
    form: { username: 'a', token: undefined },
    isAnonymous: true,
  });
  expect(server.seen[0]).toMatchObject({ body: 'username=a' });
  expect(server.seen[0]?.headers.authorization).toBeUndefined();
});

it('asks below a path of the URL, with encoded parts and lists in the query', async () => {
  answer = () => ({ json: {} });
  const api = open({ url: `${server.url}/qm/` });
  await api.get(path`/record/${'a b/c'}`, { service: ['x', 'y'], page: 2, none: undefined });
  expect(server.seen[0]?.path).toBe('/qm/record/a%20b%2Fc?service=x&service=y&page=2');
});

it.each(['', '.', '..'])('makes no path of “%s”, which would be another one', (part) => {
  expect(() => path`/instance-builds/${part}`).toThrow(
    expect.objectContaining({ exitCode: EXIT.usage, message: expect.stringContaining('/instance-builds/<here>') }),
  );
  expect(path`/record/${'...'}`).toBe('/record/...');
});
