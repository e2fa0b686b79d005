import { createHash, randomBytes } from 'node:crypto';
import { jsonAnswer, type Answer, type Exchange } from '../http.js';
import type { Records } from '../records.js';
import type { Service } from '../service.js';
import { parseMessage, type Message } from './message.js';
import { readArguments, SlackError, type SlackArguments } from './protocol.js';

export interface PostedMessage extends Message {
  readonly ts: string;
  readonly time: string;
}

export interface SlackOptions {
  readonly token: string;
  readonly unknownChannels: readonly string[];
  readonly records: Records;
  readonly now: () => number;
}

export interface Slack extends Service {
  messages(): readonly PostedMessage[];
  clear(): void;
}

const PREFIX = '/api/';
const TEAM_ID = 'T0SANDBOX';
const BOT_ID = 'B0SANDBOX';
const BOT_USER_ID = 'U0SANDBOX';
/** What a throttled client is told to wait where the fault does not say. */
const RETRY_AFTER_MS = 1000;

/** Slack's Web API: `POST /api/<method>`. Every refusal is HTTP 200 with `ok: false`; only rate limits are 429. */
export function createSlackService(options: SlackOptions): Slack {
  let messages: PostedMessage[] = [];
  let sequence = 0;

  const methods: Readonly<Record<string, (given: SlackArguments, exchange: Exchange) => object>> = {
    'api.test': () => ({}),
    'auth.test': (given) => {
      authenticate(given);
      return {
        url: 'https://sandbox.slack.com/',
        team: 'Sandbox',
        user: 'quartermaster',
        team_id: TEAM_ID,
        user_id: BOT_USER_ID,
        bot_id: BOT_ID,
        is_enterprise_install: false,
      };
    },
    'chat.postMessage': (given, exchange) => {
      authenticate(given);
      return post(parseMessage(given.values, options.unknownChannels), exchange);
    },
  };

  function authenticate({ token }: SlackArguments): void {
    if (token === undefined || token === '') throw new SlackError('not_authed');
    if (token !== options.token) throw new SlackError('invalid_auth');
  }

  function post(message: Message, exchange: Exchange): object {
    sequence += 1;
    const now = options.now();
    const ts = `${Math.floor(now / 1000)}.${String(sequence).padStart(6, '0')}`;
    messages.push({ ...message, ts, time: new Date(now).toISOString() });
    options.records.addEffect('slack', 'chat.postMessage', exchange.requestId, { ...message, ts });
    const { text, metadata } = message;
    const said = { type: 'message', user: BOT_USER_ID, bot_id: BOT_ID, team: TEAM_ID, text, ts };
    return {
      channel: channelId(message.channel),
      ts,
      message: metadata === undefined ? said : { ...said, metadata },
    };
  }

  return {
    name: 'slack',
    accepts: (exchange) => exchange.path.startsWith(PREFIX),
    actionOf: (exchange) => exchange.path.slice(PREFIX.length) || '-',
    answer(exchange) {
      try {
        const name = exchange.path.slice(PREFIX.length);
        const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
        if (method === undefined) throw new SlackError('unknown_method', { req_method: name });
        return answerOf({ ok: true, ...method(readArguments(exchange), exchange) }, 'ok');
      } catch (error) {
        if (error instanceof SlackError)
          return answerOf({ ok: false, error: error.code, ...error.details }, error.code);
        throw error;
      }
    },
    refuse(_exchange, fault) {
      if (fault.kind === 'throttle') {
        const answer = jsonAnswer(429, { ok: false, error: 'ratelimited' }, 'ratelimited');
        const seconds = Math.max(1, Math.ceil((fault.ms ?? RETRY_AFTER_MS) / 1000));
        return { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } };
      }
      // Slack's own errors are answers with 200; a status that was asked for is a broken front of Slack's.
      const code = fault.code ?? 'internal_error';
      return jsonAnswer(fault.status ?? 200, { ok: false, error: code }, code);
    },
    messages: () => messages,
    clear() {
      messages = [];
      sequence = 0;
    },
  };
}

function answerOf(body: object, outcome: string): Answer {
  const answer = jsonAnswer(200, body, outcome);
  return { ...answer, headers: { ...answer.headers, 'x-slack-req-id': randomBytes(16).toString('hex') } };
}

/** The same name is the same channel: `#general` and `general` too. */
function channelId(channel: string): string {
  if (/^[CDGU][A-Z0-9]{8,}$/.test(channel)) return channel;
  const digest = createHash('sha256').update(channel.replace(/^#/, '')).digest('hex').toUpperCase();
  return `C${digest.slice(0, 10)}`;
}
