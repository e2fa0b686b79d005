import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { startHttpServer, type HttpServer } from '@quartermaster/testing';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createHttpStatusReceiver, type HttpStatusReceiverOptions } from './create-status-receiver.js';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: HttpServer;
let received: Received[];
let respond: (response: ServerResponse) => void;

const TOKEN = 'planted-forward-token';
const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const delivery = {
  event_id: 'e1',
  body: {
    service: 'test-service',
    application_id: 'a1',
    deployment_id: 'd1',
    status: 'starting',
    detail: { port: 80 },
    timestamp: '2026-01-02T03:04:05.678Z',
  },
};

const open = (options: Partial<HttpStatusReceiverOptions> = {}) =>
  createHttpStatusReceiver({ url: `${server.url}/huxley/status`, timeoutMs: 60_000, ...options });
const answer =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end('{"token":"nobody reads this"}');

beforeEach(async () => {
  received = [];
  respond = answer(200);
  server = await startHttpServer(({ url, headers, body }, response) => {
    received.push({ path: url, headers, body });
    respond(response);
  });
});

afterEach(() => server.stop());

async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

describe('a delivery', () => {
  it('is a POST of the update in panda-kick’s content type, and names its event in two headers', async () => {
    await open({ token: TOKEN }).deliver(delivery, held);
    expect(received).toHaveLength(1);
    expect(received[0]?.path).toBe('/huxley/status');
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/vnd.kick.status+json',
      'x-event-id': 'e1',
      'idempotency-key': 'e1',
      authorization: `Bearer ${TOKEN}`,
    });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(delivery.body);
  });

  it('has no credentials unless there are some, and takes them out of the address', async () => {
    await open().deliver(delivery, held);
    await open({ url: `http://us%20er:p%40ss@127.0.0.1:${server.port}/x?a=b` }).deliver(delivery, held);
    await open({ url: `http://user:pass@127.0.0.1:${server.port}/x`, token: TOKEN }).deliver(delivery, held);
    expect(received.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/huxley/status', undefined],
      ['/x?a=b', `Basic ${Buffer.from('us er:p@ss').toString('base64')}`],
      ['/x', `Bearer ${TOKEN}`],
    ]);
  });

  it.each([200, 201, 202, 204])('is done with %d', async (status) => {
    respond = answer(status);
    await expect(open().deliver(delivery, held)).resolves.toBeUndefined();
  });

  it('is done with the status line: an endless body is not waited for', async () => {
    respond = (response) => void response.writeHead(200, { 'content-length': 1_000_000 }).write('and so on');
    await expect(open().deliver(delivery, held)).resolves.toBeUndefined();
  });
});

describe('failures', () => {
  it.each([400, 410, 413, 415, 422])('are final with %d', async (status) => {
    respond = answer(status);
    const error = await errorOf(open().deliver(delivery, held));
    expect(error).toMatchObject({ kind: 'unprocessable', code: 'status-refused' });
    expect(error.message).toContain(String(status));
  });

  it.each([401, 403, 404, 405, 408, 409, 425, 451, 500, 502, 503, 504])(
    'are worth another try with %d',
    async (status) => {
      respond = answer(status);
      const error = await errorOf(open().deliver(delivery, held));
      expect(error).toMatchObject({ kind: 'unavailable', code: 'status-target-unavailable' });
      expect(error.retryAfterSeconds).toBeUndefined();
      expect(received).toHaveLength(1);
    },
  );

  it.each([301, 302, 303, 307, 308])('say of %d that redirects are not followed', async (status) => {
    respond = answer(status, { location: `${server.url}/elsewhere` });
    const error = await errorOf(open({ token: TOKEN }).deliver(delivery, held));
    expect(error).toMatchObject({ kind: 'unavailable', code: 'status-target-unavailable' });
    expect(error.message).toContain(`answers ${status}, a redirect`);
    expect(received.map(({ path }) => path)).toEqual(['/huxley/status']);
  });

  it('say when to come back where the target does, in seconds or as a date', async () => {
    respond = answer(429, { 'retry-after': '17' });
    expect(await errorOf(open().deliver(delivery, held))).toMatchObject({
      code: 'status-target-throttled',
      retryAfterSeconds: 17,
    });
    const until = Date.now() + 60_000;
    respond = answer(503, { 'retry-after': new Date(until).toUTCString() });
    const { retryAfterSeconds = 0 } = await errorOf(open().deliver(delivery, held));
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(retryAfterSeconds).toBeGreaterThan((until - Date.now()) / 1000 - 3);
    respond = answer(429, { 'retry-after': 'soon' });
    expect((await errorOf(open().deliver(delivery, held))).retryAfterSeconds).toBeUndefined();
  });

  it('are worth another try where no answer comes: a broken connection, a closed port, no time left', async () => {
    respond = (response) => void response.destroy();
    expect(await errorOf(open().deliver(delivery, held))).toMatchObject({ code: 'status-target-unavailable' });
    respond = () => undefined;
    const late = await errorOf(open({ timeoutMs: 100 }).deliver(delivery, held));
    expect(late).toMatchObject({ code: 'status-target-unavailable' });
    expect(late.message).toContain('no time left');
    const closed = await errorOf(open({ url: 'http://127.0.0.1:1/' }).deliver(delivery, held));
    expect(closed).toMatchObject({ code: 'status-target-unavailable' });
  });

  it('never name the address or the credentials', async () => {
    const url = `http://planted-user:planted-password@127.0.0.1:${server.port}/planted-path?token=planted-query`;
    for (const one of [answer(400), answer(500), answer(302), (response: ServerResponse) => void response.destroy()]) {
      respond = one;
      const error = await errorOf(open({ url, token: TOKEN }).deliver(delivery, held));
      const said = `${error.message} ${error.stack} ${String(error.cause)}`;
      expect(said).not.toMatch(/planted-(user|password|path|query|forward)/);
    }
  });
});

describe('a guard', () => {
  const over = new Error('no longer ours');

  it('whose time is over lets nothing out', async () => {
    const guard = {
      ...held,
      assertHeld: () => {
        throw over;
      },
    };
    await expect(open().deliver(delivery, guard)).rejects.toBe(over);
    expect(received).toHaveLength(0);
  });

  it('that is aborted ends a delivery under way', async () => {
    const controller = new AbortController();
    respond = () => controller.abort(over);
    await expect(open().deliver(delivery, { ...held, signal: controller.signal })).rejects.toBe(over);
    expect(received).toHaveLength(1);
  });
});
