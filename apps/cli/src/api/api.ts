import { randomUUID } from 'node:crypto';
import { ApiFailure, Unreachable, type ApiProblem } from './api-failure.js';
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

/** Quartermaster's HTTP API. Everything rejects with `ApiFailure` (an answer of 400 and above) or `Unreachable`. */
export interface Api {
  readonly url: string;
  request<Body = unknown>(request: ApiRequest): Promise<ApiAnswer<Body>>;
  /** The body of a GET. */
  get<Body = unknown>(path: string, query?: Query): Promise<Body>;
}

export interface ApiOptions {
  readonly url: string;
  readonly token?: string;
  /** Ends what is under way, with its own reason. */
  readonly signal?: AbortSignal;
  /** Told of each request and its answer, for `--verbose`. */
  readonly onExchange?: (line: string) => void;
  /** Name and version, for the server's log. */
  readonly userAgent?: string;
  readonly sleep?: (ms: number) => Promise<void>;
}

const TIMEOUT_MS = 30_000;
/** Pauses before a request whose connection broke is sent again. */
const REPEATS_MS = [250, 1000, 3000] as const;

/** A path of encoded parts: path`/record/${hostname}`. */
export function path(texts: TemplateStringsArray, ...parts: readonly (string | number)[]): string {
  return texts.reduce((whole, text, i) => whole + encodeURIComponent(String(parts[i - 1])) + text);
}

export function createApi(options: ApiOptions): Api {
  const { url, token, signal, onExchange = () => {}, userAgent = 'quartermaster-cli' } = options;
  const sleep = options.sleep ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const base = url.replace(/\/+$/, '');

  const once = async (request: ApiRequest, address: string, headers: Record<string, string>): Promise<ApiAnswer> => {
    const { method, timeoutMs = TIMEOUT_MS } = request;
    const startedAt = performance.now();
    const limit = AbortSignal.timeout(timeoutMs);
    const lost = (error: unknown): Unreachable => {
      signal?.throwIfAborted();
      const reason = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
      onExchange(`${method} ${address} → ${reason}`);
      return new Unreachable({ method, url: address, reason, mayHaveArrived: !isRefused(error), cause: error });
    };
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
      throw lost(error);
    }
    const { status, statusText } = response;
    onExchange(`${method} ${address} → ${status} in ${Math.round(performance.now() - startedAt)} ms`);
    const body = parse(text, response.headers);
    if (status < 300) return { status, headers: response.headers, body };
    const problems = problemsOf(body);
    // Only Quartermaster writes such a body: another answer comes from whatever stands in between.
    if (problems === undefined) {
      const location = response.headers.get('location');
      const what =
        location === null ? `${status} ${statusText} does not come from Quartermaster` : `it redirects to ${location}`;
      throw new Unreachable({ method, url: address, reason: what, mayHaveArrived: status >= 500 });
    }
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    const requestId = response.headers.get('x-request-id');
    throw new ApiFailure({
      method,
      url: address,
      status,
      statusText,
      problems,
      ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
      ...(requestId === null ? {} : { requestId }),
    });
  };

  const request = async (asked: ApiRequest): Promise<ApiAnswer> => {
    const address = base + asked.path + searchOf(asked.query);
    const isPost = asked.method === 'POST';
    const mayRepeat = isPost ? asked.isRepeatable === true : asked.isRepeatable !== false;
    const headers: Record<string, string> = {
      accept: 'application/json, */*;q=0.5',
      'user-agent': userAgent,
      'x-request-id': randomUUID(),
      ...(token === undefined || asked.isAnonymous === true ? {} : { authorization: `token ${token}` }),
      ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(isPost && mayRepeat ? { 'idempotency-key': randomUUID() } : {}),
      ...asked.headers,
    };
    for (const pause of REPEATS_MS) {
      try {
        return await once(asked, address, headers);
      } catch (error) {
        if (!mayRepeat || !(error instanceof Unreachable) || !isBroken(error.details.cause)) throw error;
        await sleep(pause);
      }
    }
    return once(asked, address, headers);
  };

  return {
    url: base,
    request: request as Api['request'],
    get: async <Body>(path: string, query?: Query) =>
      (await request({ method: 'GET', path, ...(query === undefined ? {} : { query }) })).body as Body,
  };
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

function parse(text: string, headers: Headers): unknown {
  if (!/\bjson\b/.test(headers.get('content-type') ?? '')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What an error body says: JSON:API's `errors`, or kanto's `status_message`. */
function problemsOf(body: unknown): readonly ApiProblem[] | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { errors, status, status_message, error_detail } = body as Record<string, unknown>;
  if (Array.isArray(errors)) return errors as ApiProblem[];
  if (typeof status !== 'string' || typeof status_message !== 'string') return undefined;
  const detail = typeof error_detail === 'string' ? error_detail : '';
  // One word is a code, a sentence tells of each field.
  const isCode = /^[a-z][a-z0-9-]*$/.test(detail);
  return [
    { code: isCode ? detail : status, detail: status_message },
    ...(isCode || detail === '' ? [] : detail.split('; ').map((line) => ({ code: status, detail: line }))),
  ];
}
