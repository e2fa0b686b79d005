import { readAnswer } from './answers.js';
import { ApiFailure, Unreachable } from './api-failure.js';
import { isRefused, reasonOf } from './connection-errors.js';

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerSentEvent {
  /** The last that was named, if not by this event. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

export interface EventStreamOptions {
  readonly token?: string;
  readonly userAgent: string;
  /** Ends it, with its own reason. */
  readonly signal: AbortSignal;
  /** What was read last: the server goes on behind it. */
  readonly lastEventId?: string;
  readonly silenceMs?: number;
}

/** The server sends a comment every 15 s while nothing happens: a connection that is silent for so long is dead. */
const SILENCE_MS = 45_000;

/**
 * The events of an address as they come; undefined where the server says that none will come any more (204).
 * @throws ApiFailure or Unreachable, also while it is read. It ends where the server ends it.
 */
export async function openEvents(
  url: string,
  { token, userAgent, signal, lastEventId, silenceMs = SILENCE_MS }: EventStreamOptions,
): Promise<AsyncGenerator<ServerSentEvent> | undefined> {
  const silence = new AbortController();
  const startTimer = (): NodeJS.Timeout => setTimeout(() => silence.abort(), silenceMs);
  const lost = (error: unknown): Unreachable => {
    signal.throwIfAborted();
    const reason = silence.signal.aborted ? `nothing came for ${silenceMs / 1000} s` : reasonOf(error);
    return new Unreachable({ method: 'GET', url, reason, mayHaveArrived: !isRefused(error), cause: error });
  };

  async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let timer = startTimer();
    try {
      for await (const part of body) {
        clearTimeout(timer);
        yield decoder.decode(part, { stream: true });
        timer = startTimer();
      }
    } catch (error) {
      throw lost(error);
    } finally {
      clearTimeout(timer);
    }
  }

  const timer = startTimer();
  try {
    const headers = {
      accept: 'text/event-stream',
      'user-agent': userAgent,
      ...(token === undefined ? {} : { authorization: `token ${token}` }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const ends = AbortSignal.any([signal, silence.signal]);
    const response = await fetch(url, { headers, redirect: 'manual', signal: ends });
    if (response.status === 204) return undefined;
    const { body } = response;
    const isDocument = /\b(html|json)\b/.test(response.headers.get('content-type') ?? '');
    if (response.ok && !isDocument && body !== null) return parseEvents(read(body));
    readAnswer({ method: 'GET', url, isRepeat: false }, response, await response.text());
    const reason = 'the answer is no stream of events, so it is not Quartermaster’s';
    throw new Unreachable({ method: 'GET', url, reason, answer: `${response.status}`, mayHaveArrived: true });
  } catch (error) {
    throw error instanceof ApiFailure || error instanceof Unreachable ? error : lost(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Events of a stream's text, however it is cut. One that is cut off by the end is none. */
export async function* parseEvents(parts: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let unread = '';
  let id = '';
  let event = 'message';
  let data: string[] = [];
  for await (const part of parts) {
    const lines = (unread + part).split('\n');
    unread = lines.pop() ?? '';
    for (const line of lines.map((one) => one.replace(/\r$/, ''))) {
      if (line === '') {
        if (data.length > 0) yield { id, event, data: data.join('\n') };
        [event, data] = ['message', []];
        continue;
      }
      const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name === 'id') id = value;
      else if (name === 'event') event = value;
      else if (name === 'data') data.push(value);
    }
  }
}
