import { randomUUID } from 'node:crypto';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { readAnswer } from './answers.js';
import { Unreachable } from './api-failure.js';
import { usageFailure } from '../failures.js';
import { isBroken, isRefused, reasonOf } from './connection-errors.js';

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the server's URL; its parts encoded, see {@link path}. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a form; instead of `body`. */
  readonly form?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The same request twice has one effect: it is sent again when the connection breaks. GET, PUT and DELETE are; of a POST
   * it is made so by an `Idempotency-Key`, which is added.
   */
  readonly isRepeatable?: boolean;
  /** A POST that only asks: it is sent again as it is, without a key. */
  readonly isQuestion?: boolean;
  /** How long an answer may take; 30 s unless told otherwise. */
  readonly timeoutMs?: number;
  /** Without the token's header: CouchDB requests carry their own credentials. */
  readonly isAnonymous?: boolean;
}

export interface ApiAnswer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, where it is JSON; else its text. */
  readonly body: Body;
}

/** A request that something has answered, be it Quartermaster or not. */
export interface AnsweredRequest {
  readonly method: string;
  readonly url: string;
  readonly status: number;
}

/** Quartermaster's HTTP API. Everything rejects with `ApiFailure` (an answer of 400 and above) or `Unreachable`. */
export interface Api {
  readonly url: string;
  request<Body = unknown>(request: ApiRequest): Promise<ApiAnswer<Body>>;
  /** The JSON body of a GET; for one that is text there is `request`. */
  get<Body = unknown>(path: string, query?: Query): Promise<Body>;
}

export interface ApiOptions {
  readonly url: string;
  readonly token?: string;
  /** Ends what is under way, with its own reason. */
  readonly signal?: AbortSignal;
  /** Told of each request and its answer, for `--verbose`. */
  readonly onExchange?: (line: string) => void;
  /** Told of each answer, before it is read. */
  readonly onAnswer?: (answer: AnsweredRequest) => void;
  /** Name and version, for the server's log. */
  readonly userAgent?: string;
  readonly sleep?: (ms: number) => Promise<void>;
}

const TIMEOUT_MS = 30_000;
/** Pauses before a request whose connection broke is sent again. */
const REPEATS_MS = [250, 1000, 3000] as const;

/**
 * A path of encoded parts: path`/record/${hostname}`.
 * @throws Failure (usage) for a part that would make it another path: an empty one asks for the list, `..` for what is above.
 */
export function path(texts: TemplateStringsArray, ...parts: readonly (string | number)[]): string {
  return texts.reduce((whole, text, i) => whole + encodedPart(String(parts[i - 1]), whole) + text);
}

function encodedPart(part: string, before: string): string {
  if (part !== '' && part !== '.' && part !== '..') return encodeURIComponent(part);
  const what = part === '' ? 'An empty name or id' : `“${part}” as a name or id`;
  throw usageFailure(
    `${what} can’t be meant, in ${before}<here>.`,
    'Give the name or the id itself; --help has examples.',
  );
}

export function createApi(options: ApiOptions): Api {
  const { url, token, signal, onExchange = () => {}, onAnswer = () => {}, userAgent = 'quartermaster-cli' } = options;
  const sleep = options.sleep ?? ((ms: number) => pauseFor(ms, undefined, signal && { signal }));
  const base = url.replace(/\/+$/, '');

  const once = async (
    request: ApiRequest,
    address: string,
    headers: Record<string, string>,
    isRepeat: boolean,
  ): Promise<ApiAnswer> => {
    const { method, timeoutMs = TIMEOUT_MS } = request;
    const startedAt = performance.now();
    const limit = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(address, {
        method,
        headers,
        redirect: 'manual',
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        ...bodyOf(request),
      });
      text = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      const reason = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
      onExchange(`${method} ${address} → ${reason}`);
      // Of a repeat, the first try broke after it was sent: whatever this one says, that one may have arrived.
      const mayHaveArrived = (isRepeat || !isRefused(error)) && request.isQuestion !== true;
      throw new Unreachable({ method, url: address, reason, mayHaveArrived, cause: error });
    }
    const { status, headers: received } = response;
    onAnswer({ method, url: address, status });
    onExchange(`${method} ${address} → ${status} in ${Math.round(performance.now() - startedAt)} ms`);
    const sent = { method, url: address, isRepeat, isQuestion: request.isQuestion === true };
    return { status, headers: received, body: readAnswer(sent, response, text) };
  };

  const request = async (asked: ApiRequest): Promise<ApiAnswer> => {
    const address = base + asked.path + searchOf(asked.query);
    const isPost = asked.method === 'POST';
    const mayRepeat = isPost ? asked.isRepeatable === true || asked.isQuestion === true : asked.isRepeatable !== false;
    const headers: Record<string, string> = {
      accept: 'application/json, */*;q=0.5',
      'user-agent': userAgent,
      'x-request-id': randomUUID(),
      ...(token === undefined || asked.isAnonymous === true ? {} : { authorization: `token ${token}` }),
      ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(isPost && asked.isRepeatable === true ? { 'idempotency-key': randomUUID() } : {}),
      ...asked.headers,
    };
    for (let repeats = 0; ; repeats++) {
      try {
        return await once(asked, address, headers, repeats > 0);
      } catch (error) {
        // A 503 is not among them: it says itself when to come again, and that is seldom within seconds.
        const pause = REPEATS_MS[repeats];
        const isWorthIt = mayRepeat && error instanceof Unreachable && isBroken(error.details.cause);
        if (!isWorthIt || pause === undefined) throw error;
        await sleep(pause);
      }
    }
  };

  const get = async <Body>(path: string, query?: Query): Promise<Body> => {
    const { status, body } = await request({ method: 'GET', path, ...(query === undefined ? {} : { query }) });
    if (typeof body !== 'string') return body as Body;
    const reason = 'the answer is no JSON, so it is not Quartermaster’s';
    throw new Unreachable({ method: 'GET', url: base + path, reason, answer: `${status}`, mayHaveArrived: true });
  };

  return { url: base, request: request as Api['request'], get };
}

function searchOf(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) search.append(name, one);
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}

function bodyOf({ body, form }: ApiRequest): { body?: string | URLSearchParams } {
  if (form !== undefined) {
    const given = Object.entries(form).filter((field): field is [string, string] => field[1] !== undefined);
    return { body: new URLSearchParams(given) };
  }
  return body === undefined ? {} : { body: JSON.stringify(body) };
}
