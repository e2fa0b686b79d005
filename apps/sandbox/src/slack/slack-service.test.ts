import type { WebAPICallResult } from '@slack/web-api';
import { startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT: 'off' });
});
beforeEach(async () => {
  await sandbox.send('POST', 'reset');
});
afterAll(() => sandbox.stop());

/** The error code of Slack, as its client hands it on. */
async function errorOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error: { data?: { error?: string }; code?: string }) => error.data?.error ?? error.code ?? 'unknown',
  );
}

const post = (message: object): Promise<WebAPICallResult & { ts?: string; channel?: string }> =>
  sandbox.slack.apiCall('chat.postMessage', { ...message });

describe('chat.postMessage', () => {
  it('posts, answers with a timestamp of its own for each, and keeps what was said', async () => {
    const metadata = { event_type: 'quartermaster', event_payload: { event_id: 'e-1' } };
    const first = await post({ channel: '#general', text: 'hello & <you>', metadata });
    const second = await post({ channel: 'general', text: 'again' });
    expect(first).toMatchObject({ ok: true, message: { text: 'hello & <you>', type: 'message', metadata } });
    expect(first.ts).not.toBe(second.ts);
    expect(first.channel).toBe(second.channel);
    const { messages } = await sandbox.get<{ messages: object[] }>('slack');
    expect(messages).toMatchObject([
      { channel: '#general', text: 'hello & <you>', event_id: 'e-1', metadata, ts: first.ts },
      { channel: 'general', text: 'again', ts: second.ts },
    ]);
    expect(await sandbox.effects('chat.postMessage')).toHaveLength(2);
    expect(JSON.stringify(await sandbox.effects())).not.toContain('xoxb');
  });

  it.each<[string, object, string]>([
    ['no channel', { text: 'x' }, 'invalid_arguments'],
    ['a channel that is not there', { channel: '#nosuch', text: 'x' }, 'channel_not_found'],
    ['no text', { channel: 'general' }, 'no_text'],
    ['a text above 40,000 characters', { channel: 'general', text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['metadata that is not an object', { channel: 'general', text: 'x', metadata: 'e-1' }, 'invalid_metadata_format'],
    [
      'metadata without a type',
      { channel: 'general', text: 'x', metadata: { event_payload: {} } },
      'invalid_metadata_schema',
    ],
    [
      'metadata without a payload',
      { channel: 'general', text: 'x', metadata: { event_type: 'a' } },
      'invalid_metadata_schema',
    ],
    ['an argument that is not known', { channel: 'general', text: 'x', colour: 'red' }, 'invalid_arguments'],
  ])('refuses %s', async (_name, message, error) => {
    expect(await errorOf(post(message))).toBe(error);
    expect(await sandbox.effects()).toEqual([]);
  });

  it('takes blocks for a text', async () => {
    await post({ channel: 'general', blocks: [{ type: 'divider' }] });
  });
});

describe('tokens', () => {
  it('are needed and must be right, with HTTP 200 as Slack answers', async () => {
    expect(await errorOf(sandbox.slackWith('xoxb-other').auth.test())).toBe('invalid_auth');
    const bare = await fetch(`${sandbox.url}/api/auth.test`, { method: 'POST' });
    expect(bare.status).toBe(200);
    expect(await bare.json()).toEqual({ ok: false, error: 'not_authed' });
    expect(await sandbox.slack.auth.test()).toMatchObject({ ok: true, bot_id: 'B0SANDBOX' });
  });

  it('may stand in a form, but not in a JSON body', async () => {
    const send = async (type: string, body: string): Promise<unknown> => {
      const answer = await fetch(`${sandbox.url}/api/chat.postMessage`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      return answer.json();
    };
    const fields = { token: 'xoxb-sandbox-token', channel: 'general', text: 'x' };
    expect(await send('application/x-www-form-urlencoded', new URLSearchParams(fields).toString())).toMatchObject({
      ok: true,
    });
    expect(await send('application/json; charset=utf-8', JSON.stringify(fields))).toEqual({
      ok: false,
      error: 'not_authed',
    });
    expect(await send('application/json', '{')).toEqual({ ok: false, error: 'invalid_json' });
    expect(await send('application/json', '[]')).toEqual({ ok: false, error: 'json_not_object' });
    expect(await send('text/plain', 'x')).toEqual({ ok: false, error: 'invalid_post_type' });
  });
});

describe('faults of Slack', () => {
  it('throttle: 429 with Retry-After', async () => {
    await sandbox.send('POST', 'faults', { kind: 'throttle', service: 'slack', ms: 3000, count: 1 });
    const error: unknown = await sandbox
      .slackWith('xoxb-sandbox-token')
      .apiCall('chat.postMessage', { channel: 'general', text: 'x' })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 3 });
    expect(await sandbox.effects()).toEqual([]);
  });

  it('drop-answer: posted, but nobody hears of it', async () => {
    await sandbox.send('POST', 'faults', { kind: 'drop-answer', service: 'slack', count: 1 });
    expect(await errorOf(post({ channel: 'general', text: 'x' }))).not.toBe('no error');
    expect(await sandbox.effects('chat.postMessage')).toHaveLength(1);
  });

  it('error: a code of Slack, or a broken front with a status', async () => {
    await sandbox.send('POST', 'faults', { kind: 'error', service: 'slack', code: 'fatal_error', count: 1 });
    expect(await errorOf(post({ channel: 'general', text: 'x' }))).toBe('fatal_error');
    await sandbox.send('POST', 'faults', { kind: 'error', service: 'slack', status: 502, count: 1 });
    expect(await errorOf(post({ channel: 'general', text: 'x' }))).toBe('slack_webapi_http_error');
  });

  it('has no methods but those it plays', async () => {
    expect(await errorOf(sandbox.slack.apiCall('chat.delete', {}))).toBe('unknown_method');
    expect(await errorOf(sandbox.slack.apiCall('toString', {}))).toBe('unknown_method');
  });
});
