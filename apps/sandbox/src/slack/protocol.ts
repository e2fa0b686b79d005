import type { Exchange } from '../http.js';

/** A refusal in Slack's words: the code, and fields beside it. */
export class SlackError extends Error {
  override readonly name = 'SlackError';
  constructor(
    readonly code: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(code);
  }

  static invalidArguments(message: string): SlackError {
    return new SlackError('invalid_arguments', { response_metadata: { messages: [`[ERROR] ${message}`] } });
  }
}

export interface SlackArguments {
  readonly token: string | undefined;
  /** In a form all values are text, and structures are JSON in it; a JSON body has them as they are. */
  readonly values: ReadonlyMap<string, unknown>;
}

/**
 * Reads a call as Slack does: a form, where the token may stand too, or JSON, where it may not ("Making requests to the
 * Web API": with JSON the token has to be in the Authorization header).
 */
export function readArguments(exchange: Exchange): SlackArguments {
  const bearer = /^Bearer (.+)$/i.exec(exchange.headers.authorization ?? '')?.[1];
  if (exchange.method !== 'POST') return { token: bearer, values: new Map() };
  const type = (exchange.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  const body = exchange.body.toString('utf8');
  if (type === 'application/json') return { token: bearer, values: readJson(body) };
  if (type !== 'application/x-www-form-urlencoded') {
    if (body === '') return { token: bearer, values: new Map() };
    throw new SlackError('invalid_post_type');
  }
  const values = new Map<string, unknown>(new URLSearchParams(body));
  const inBody = values.get('token');
  values.delete('token');
  return { token: bearer ?? (typeof inBody === 'string' ? inBody : undefined), values };
}

function readJson(text: string): Map<string, unknown> {
  const value = parseJson(text);
  if (!isRecord(value)) throw new SlackError(value === undefined ? 'invalid_json' : 'json_not_object');
  return new Map(Object.entries(value));
}

/** `undefined` where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
