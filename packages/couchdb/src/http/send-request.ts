import {
  AppError,
  createRedactor,
  cutText,
  describeError,
  outcomeOf,
  tellCall,
  type EffectGuard,
} from '@quartermaster/foundation';
import { request, type Agent, type ClientRequest } from 'node:http';
import type { AdminCredentials } from '../cluster-host.js';
import { COUCH_PORT } from './database-url.js';

export interface CouchRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Begins with `/`; encoded. Stands in messages, so it holds no secret. */
  readonly path: string;
  readonly body?: object;
  /** Answers that are none of a failure, besides those of 2xx. */
  readonly expected?: readonly number[];
}

export interface CouchAnswer {
  readonly status: number;
  /** JSON; `undefined` where an expected answer has none. */
  readonly body: unknown;
}

/** Sends one request to one node. Throws what `CouchNode` says. */
export type SendRequest = (wish: CouchRequest, guard: EffectGuard) => Promise<CouchAnswer>;

/** CouchDB may give a reason of kilobytes, an Erlang stack. */
const MAX_WORDS = 400;
/** These may pass by themselves; other answers of 4xx do not. */
const PASSING = new Set([408, 429]);

export function basicAuthorization({ user, password }: AdminCredentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Takes whatever is a credential, or looks like one, out of CouchDB's words. */
export function createScrub(admin: AdminCredentials): (words: string) => string {
  const redact = createRedactor([admin.password, basicAuthorization(admin).slice('Basic '.length)]);
  return (words) => cutText(String(redact(words)), MAX_WORDS);
}

/** `timeoutMs`: of one attempt, from its beginning to the last byte of its answer. */
export function createSendRequest(
  address: string,
  admin: AdminCredentials,
  agent: Agent,
  timeoutMs: number,
): SendRequest {
  const authorization = basicAuthorization(admin);
  const scrub = createScrub(admin);

  return async (wish, guard) => {
    const { status, text } = await attempt(wish, guard);
    const isExpected = wish.expected?.includes(status) === true;
    const body = parseJson(text);
    if (isExpected || (status >= 200 && status < 300 && body !== undefined)) {
      tellCall('couchdb', wish.method, 'ok');
      return { status, body };
    }
    const error = toError(wish, status, scrub(wordsOf(body)));
    tellCall('couchdb', wish.method, status === 429 ? 'throttled' : outcomeOf(error));
    throw error;
  };

  async function attempt(wish: CouchRequest, guard: EffectGuard): Promise<{ status: number; text: string }> {
    for (;;) {
      guard.assertHeld();
      const late = AbortSignal.timeout(timeoutMs);
      const sent = begin(wish, AbortSignal.any([guard.signal, late]));
      try {
        return await readAnswer(sent, wish.body);
      } catch (error) {
        guard.signal.throwIfAborted();
        // A connection that was kept may have been closed by the node meanwhile: that says nothing about the node.
        if (sent.reusedSocket && !late.aborted) continue;
        tellCall('couchdb', wish.method, 'failed');
        const reason = late.aborted ? `nothing within ${timeoutMs} ms` : codeOf(error);
        throw new AppError('unavailable', 'couchdb-unreachable', `CouchDB at ${address} does not answer (${reason}).`, {
          cause: error,
        });
      }
    }
  }

  function begin({ method, path, body }: CouchRequest, signal: AbortSignal): ClientRequest {
    const headers = {
      authorization,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return request({ agent, host: address, port: COUCH_PORT, method, path, headers, signal });
  }

  function toError({ method, path }: CouchRequest, status: number, words: string): AppError {
    const said = `${method} ${path}: ${status}${words === '' ? '' : ` ${words}`}`;
    return status >= 400 && status < 500 && !PASSING.has(status)
      ? new AppError('unprocessable', 'couchdb-refused', `CouchDB at ${address} refused a request (${said}).`)
      : new AppError('unavailable', 'couchdb-unavailable', `CouchDB at ${address} could not answer (${said}).`);
  }
}

function readAnswer(sent: ClientRequest, body: object | undefined): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('error', reject);
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function wordsOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { error, reason } = body as Record<string, unknown>;
  return [error, reason].filter((word) => typeof word === 'string').join(': ');
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : describeError(error);
}
