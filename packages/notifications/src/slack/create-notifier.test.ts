import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { quickest, startHttpServer, type HttpServer } from '@quartermaster/testing';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createSlackNotifier, type SlackOptions } from './create-notifier.js';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly fields: URLSearchParams;
}

let server: HttpServer;
let received: Received[];
let respond: (response: ServerResponse) => void;

const TOKEN = 'xoxb-planted-token';
const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const notification = { event_id: 'b1:launched', channel: 'general', text: 'Started &amp; so on' };

const open = (options: Partial<SlackOptions> = {}) =>
  createSlackNotifier({
    token: TOKEN,
    apiUrl: `${server.url}/api/`,
    ...options,
  });

const json =
  (body: object, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

beforeEach(async () => {
  received = [];
  respond = json({ ok: true });
  server = await startHttpServer(({ url, headers, body }, response) => {
    received.push({ path: url, headers, fields: new URLSearchParams(body) });
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

describe('a post', () => {
  it('carries text, channel and the event’s id, and unfolds no links', async () => {
    await open().post(notification, held);
    const [{ path, headers, fields } = { path: '', headers: {}, fields: new URLSearchParams() }] = received;
    expect(path).toBe('/api/chat.postMessage');
    expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(Object.fromEntries(fields)).toMatchObject({
      channel: 'general',
      text: 'Started &amp; so on',
      unfurl_links: 'false',
      unfurl_media: 'false',
    });
    expect(JSON.parse(fields.get('metadata') ?? '')).toEqual({
      event_type: 'quartermaster',
      event_payload: { event_id: 'b1:launched' },
    });
  });

  it.each(['general', '#general', '@someone', 'C0123456789'])('goes to %s as it is written', async (channel) => {
    await open().post({ ...notification, channel }, held);
    expect(received[0]?.fields.get('channel')).toBe(channel);
  });
});

describe('failures', () => {
  it.each([
    'channel_not_found',
    'not_in_channel',
    'is_archived',
    'invalid_auth',
    'token_revoked',
    'missing_scope',
    'msg_too_long',
    'restricted_action',
    'something_new',
  ])('are final where Slack says %s, in its own word', async (code) => {
    respond = json({ ok: false, error: code });
    const error = await errorOf(open().post(notification, held));
    expect(error).toMatchObject({ kind: 'unprocessable', code: 'slack-refused' });
    expect(error.message).toContain(code);
    expect(received).toHaveLength(1);
  });

  it.each(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'])(
    'are worth another try where Slack says %s',
    async (code) => {
      respond = json({ ok: false, error: code });
      expect(await errorOf(open().post(notification, held))).toMatchObject({ kind: 'unavailable' });
    },
  );

  it.each([
    ['500', json({}, 500)],
    ['503', json({ ok: false }, 503)],
    ['a page instead of JSON', (response: ServerResponse) => void response.end('<html>maintenance</html>')],
    ['a broken connection', (response: ServerResponse) => void response.destroy()],
    [
      'half an answer',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"ok"');
        setTimeout(() => response.destroy(), 20);
      },
    ],
  ])('are worth another try after %s, which is left to the queue', async (_what, response) => {
    respond = response;
    expect(await errorOf(open().post(notification, held))).toMatchObject({
      kind: 'unavailable',
      code: 'slack-unavailable',
    });
    expect(received).toHaveLength(1);
  });

  it('say when to come back after too many messages, at once', async () => {
    const took = await quickest(3_000, async () => {
      respond = json({ ok: false, error: 'ratelimited' }, 429, { 'retry-after': '17' });
      expect(await errorOf(open().post(notification, held))).toMatchObject({
        kind: 'unavailable',
        code: 'slack-throttled',
        retryAfterSeconds: 17,
      });
      respond = json({ ok: false, error: 'ratelimited' });
      expect(await errorOf(open().post(notification, held))).toMatchObject({ retryAfterSeconds: 30 });
      respond = json({ ok: false, error: 'ratelimited' }, 429, { 'retry-after': 'soon' });
      expect(await errorOf(open().post(notification, held))).toMatchObject({ code: 'slack-throttled' });
    });
    expect(took).toBeLessThan(3_000);
  });

  it('end by the clock where no answer comes, before its first byte or in the middle of it', async () => {
    respond = () => undefined;
    expect(await errorOf(open({ timeoutMs: 100 }).post(notification, held))).toMatchObject({ kind: 'unavailable' });
    respond = (response) => void response.writeHead(200, { 'content-length': 100 }).write('{"ok"');
    expect(await errorOf(open({ timeoutMs: 100 }).post(notification, held))).toMatchObject({ kind: 'unavailable' });
  });

  it('never name the token', async () => {
    respond = json({ ok: false, error: 'invalid_auth' });
    const error = await errorOf(open().post(notification, held));
    expect(`${error.message} ${error.stack} ${String(error.cause)} ${JSON.stringify(error.cause)}`).not.toContain(
      TOKEN,
    );
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
    await expect(open().post(notification, guard)).rejects.toBe(over);
    expect(received).toHaveLength(0);
  });

  it('that is aborted ends a post under way', async () => {
    const controller = new AbortController();
    respond = () => controller.abort(over);
    await expect(open().post(notification, { ...held, signal: controller.signal })).rejects.toBe(over);
    expect(received).toHaveLength(1);
  });
});
