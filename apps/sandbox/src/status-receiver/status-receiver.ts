import { jsonAnswer, type Answer, type Exchange } from '../http.js';
import type { Records } from '../records.js';
import type { Service } from '../service.js';

/** One update that arrived, as it arrived. A repeat is one more. */
export interface StatusDelivery {
  readonly seq: number;
  readonly time: string;
  readonly request_id: string;
  /** What names the event: the header `x-event-id`, or else `idempotency-key`. */
  readonly event_id: string | null;
  /** As sent, in lower case; credentials are blanked. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface StatusReceiver extends Service {
  deliveries(): readonly StatusDelivery[];
  clear(): void;
}

export const STATUS_PATH = '/huxley/status';
const ACTION = 'PostStatus';
const CREDENTIALS: readonly string[] = ['authorization', 'cookie', 'x-api-key'];
/** What a throttled client is told to wait where the fault does not say. */
const RETRY_AFTER_MS = 1000;

/** Plays the API server that status updates are forwarded to: `POST /huxley/status` with JSON. Its form is our own. */
export function createStatusReceiver(options: {
  readonly records: Records;
  readonly now: () => number;
}): StatusReceiver {
  let deliveries: StatusDelivery[] = [];

  function receive(exchange: Exchange): Answer {
    if (exchange.path !== STATUS_PATH) return problem(404, 'not-found');
    if (exchange.method !== 'POST') return problem(405, 'method-not-allowed');
    const type = (exchange.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
      return problem(415, 'unsupported-media-type');
    }
    const body = parse(exchange.body.toString('utf8'));
    if (body === undefined) return problem(400, 'malformed-json');
    const eventId = textOf(exchange.headers['x-event-id'] ?? exchange.headers['idempotency-key']);
    deliveries.push({
      seq: deliveries.length + 1,
      time: new Date(options.now()).toISOString(),
      request_id: exchange.requestId,
      event_id: eventId,
      headers: shownHeaders(exchange),
      body,
    });
    options.records.addEffect('status-receiver', ACTION, exchange.requestId, { event_id: eventId });
    return jsonAnswer(200, { ok: true });
  }

  return {
    name: 'status-receiver',
    accepts: (exchange) => exchange.path === '/huxley' || exchange.path.startsWith('/huxley/'),
    actionOf: (exchange) => (exchange.path === STATUS_PATH ? ACTION : '-'),
    answer: receive,
    refuse(_exchange, fault) {
      if (fault.kind !== 'throttle') return problem(fault.status ?? 500, fault.code ?? 'internal-error');
      const answer = problem(429, 'too-many-requests');
      const seconds = Math.max(1, Math.ceil((fault.ms ?? RETRY_AFTER_MS) / 1000));
      return { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } };
    },
    deliveries: () => deliveries,
    clear() {
      deliveries = [];
    },
  };
}

function problem(status: number, code: string): Answer {
  return jsonAnswer(status, { error: code }, code);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function textOf(header: string | readonly string[] | undefined): string | null {
  return typeof header === 'string' ? header : (header?.join(', ') ?? null);
}

function shownHeaders({ headers }: Exchange): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, CREDENTIALS.includes(name) ? '***' : (textOf(value) ?? '')]),
  );
}
