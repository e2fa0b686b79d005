import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';

/** As docs/discovery.md has it: `services` are all nodes of the service after the change. */
export interface Message {
  readonly namespace: string;
  readonly body:
    | { readonly key_event: 'PUT' | 'DELETE' | 'EXPIRE'; readonly services: readonly { ip: string; port: number }[] }
    | { readonly event_type: string; readonly event_body: unknown };
  /** Where to go on from; not unique. */
  readonly id: number;
}

/**
 * `open`: connected, and registered where that was asked for. `waiting`: not so, for this reason; it is tried again by
 * itself. `replaced` (the node was registered anew elsewhere), `given-up` (`mayRetry` said no) and `closed` are final.
 */
export type LinkState = 'open' | 'waiting' | 'replaced' | 'given-up' | 'closed';

/** How a connection ended, or came to nothing. */
export interface Loss {
  /** For people. */
  readonly reason: string;
  /** The answer to the upgrade where it was no: of `web`, with an error document, or of a router in between. */
  readonly refusal?: Refusal;
  /** What the connection failed of. */
  readonly error?: Error;
  /** Of a connection that was open; 1006 where it broke. */
  readonly closeCode?: number;
}

export interface Refusal {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface SocketOptions {
  readonly onMessage: (message: Message) => void;
  readonly onState?: (state: LinkState, reason: string) => void;
  /** The id of the last message seen, from an earlier run; 0, the default, begins with what is registered now. */
  readonly since?: number;
  /** Whether to try again after this; where it says no, the state is `given-up`. Without it the answer is always yes. */
  readonly mayRetry?: (loss: Loss) => boolean;
}

export interface LinkOptions extends SocketOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Link {
  state(): LinkState;
  close(): Promise<void>;
}

const REPLACED = 4001;
const PAUSE_MS = { first: 500, longest: 10_000 } as const;
/** A link that was open for less is no good one: the pauses go on growing. */
const GOOD_AFTER_MS = 10_000;
const HANDSHAKE_MS = 10_000;
const CLOSING_MS = 5000;
/** So many of the server's pings may be late before the connection is taken for dead: the server waits for two more. */
const PINGS = 2.25;

/** Keeps one socket open: connects again with growing pauses, resumes after the last message, tells each message once. */
export function openLink(options: LinkOptions): Link {
  const { onMessage, onState = () => {}, mayRetry = () => true } = options;
  let state: LinkState = 'waiting';
  let since = options.since ?? 0;
  /** What was told with the id `since`, as digests, and what of it may come again: what was told before the last cut. */
  let toldThen = new Set<string>();
  let mayRepeat: ReadonlySet<string> = new Set();
  let pauseMs: number = PAUSE_MS.first;
  let socket: WebSocket;
  let retry: NodeJS.Timeout | undefined;

  const isOver = (): boolean => state !== 'open' && state !== 'waiting';
  const become = (next: LinkState, reason: string): void => {
    if (isOver()) return;
    state = next;
    onState(next, reason);
  };

  const stateAfter = (code: number, loss: Loss): LinkState => {
    if (code === REPLACED) return 'replaced';
    // Who has closed it is asked nothing more.
    return isOver() || mayRetry(loss) ? 'waiting' : 'given-up';
  };

  const receive = (text: string): void => {
    const message = JSON.parse(text) as Message;
    const digest = createHash('sha256').update(text).digest('base64');
    // An id below it is no repetition: etcd is another one, or a snapshot begins.
    if (message.id !== since) {
      toldThen = new Set();
      mayRepeat = new Set();
    }
    since = message.id;
    toldThen.add(digest);
    if (mayRepeat.has(digest)) return;
    if (!isOver()) onMessage(message);
  };

  const connect = (): void => {
    const address = new URL(options.url);
    // One revision less: the rest of those that the last message belonged to may not have come.
    address.searchParams.set('since', String(Math.max(0, since - 1)));
    mayRepeat = new Set(toldThen);
    let reason = '';
    let refusal: Refusal | undefined;
    let failure: Error | undefined;
    let openedAt = Infinity;
    let silence: NodeJS.Timeout | undefined;
    let silenceMs = 0;
    const opening = new WebSocket(address, {
      headers: options.headers,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
    });
    socket = opening;
    const hear = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        reason = 'no sign of life';
        opening.terminate();
      }, silenceMs);
    };
    opening.on('upgrade', ({ headers }) => (silenceMs = Number(headers['x-ping-interval'] ?? 20) * 1000 * PINGS));
    opening.on('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('close', () => {
        const { statusCode: status = 0, statusMessage: statusText = '', headers } = response;
        refusal = { status, statusText, headers, body };
        reason = `${status} ${body}`;
        opening.terminate();
      });
    });
    opening.on('error', (error: NodeJS.ErrnoException) => {
      // Where a host has several addresses, the error of all of them has a code only.
      reason ||= error.message || (error.code ?? error.name);
      if (refusal === undefined) failure = error;
    });
    opening.on('open', () => {
      openedAt = performance.now();
      hear();
      become('open', '');
    });
    opening.on('ping', hear);
    opening.on('message', (data) => receive((data as Buffer).toString()));
    opening.on('close', (code, why) => {
      clearTimeout(silence);
      reason ||= `${code} ${why.toString()}`;
      const loss: Loss = {
        reason,
        ...(refusal && { refusal }),
        ...(failure && { error: failure }),
        ...(openedAt < Infinity && { closeCode: code }),
      };
      become(stateAfter(code, loss), reason);
      if (isOver()) return;
      if (performance.now() - openedAt > GOOD_AFTER_MS) pauseMs = PAUSE_MS.first;
      retry = setTimeout(connect, pauseMs * Math.random());
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
    });
  };

  connect();
  return {
    state: () => state,
    close: async () => {
      become('closed', '');
      clearTimeout(retry);
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      const leave = (): void => socket.close(1000);
      // Broken off before it is open it would look like a death.
      if (socket.readyState === WebSocket.CONNECTING) socket.once('open', leave);
      else leave();
      const late = setTimeout(() => socket.terminate(), CLOSING_MS);
      await closed;
      clearTimeout(late);
    },
  };
}
