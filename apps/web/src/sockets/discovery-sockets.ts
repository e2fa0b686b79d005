import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Discovery } from '@quartermaster/discovery';
import { AppError, type Logger } from '@quartermaster/foundation';
import type { Tickets } from '@quartermaster/stores';
import { WebSocketServer, type ServerOptions } from 'ws';
import { begin, headerOf, type Passage } from '../passage.js';
import type { Token } from '../tokens.js';
import { authenticateSocket, bearerProtocol } from './authenticate-socket.js';
import { checkHandshake, malformedHandshake } from './check-handshake.js';
import { handBack } from './hand-back.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import { beginSession, type Session } from './session.js';
import { isSocketPath, parseWish, type SocketPath } from './wish.js';

export interface DiscoverySocketsOptions {
  readonly discovery: Discovery;
  readonly tickets: Pick<Tickets, 'redeem'>;
  readonly tokens: readonly Token[];
  readonly readOnly: boolean;
  readonly log: Logger;
  readonly reportBug: (error: unknown, requestId: string) => void;
  /** How often (ms) each socket gets a ping. */
  readonly pingMs: number;
  /** Sockets of one token, and of all, that this process holds at most. */
  readonly mostOfToken: number;
  readonly most: number;
}

/** The WebSockets of service discovery. */
export interface DiscoverySockets {
  /** Takes the upgrades of a server; what is none of ours goes back to it as an ordinary request. */
  serve(server: Server): void;
  /** How many there are now. */
  count(): number;
  /** Closes all with 1012 and takes no more; resolves when they are closed, 5 s at most. */
  close(): Promise<void>;
}

/** What a client may send at once (bytes): nothing of it is read. */
const MESSAGE_LIMIT = 64 * 1024;
/** How long (ms) a client may take for its part of a close. */
const CLOSING_MS = 3000;
/** How long (ms) what follows from the end of sockets may take at the end of the process. */
const SETTLING_MS = 2000;

export function createDiscoverySockets(options: DiscoverySocketsOptions): DiscoverySockets {
  const { log, pingMs } = options;
  const doors = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_LIMIT,
    skipUTF8Validation: true,
    // Known to ws since 8.19, to its types not yet.
    closeTimeout: CLOSING_MS,
    handleProtocols: (protocols: Set<string>) => bearerProtocol(protocols) ?? false,
  } as ServerOptions);
  const passages = new WeakMap<IncomingMessage, Passage>();
  doors.on('headers', (headers, request) => {
    headers.push(`X-Request-Id: ${passages.get(request)?.id}`, `X-Ping-Interval: ${pingMs / 1000}`);
  });
  doors.on('wsClientError', (error, socket, request) => {
    const passage = passages.get(request);
    if (passage !== undefined) refuse(passage, socket as Socket, malformedHandshake(error.message));
  });

  const seats = createSeats(options);
  const sessions = new Set<Session>();
  const settling = new Set<Promise<unknown>>();
  let isClosing = false;
  const pings = setInterval(() => sessions.forEach((session) => session.ping()), pingMs);

  const refuse = (passage: Passage, socket: Socket, thrown: unknown): void => {
    if (!refuseUpgrade(passage, socket, thrown)) return;
    passage.log().error('An upgrade failed unexpectedly', { path: passage.path, error: thrown });
    options.reportBug(thrown, passage.id);
  };

  const accept = async (passage: Passage, path: SocketPath, socket: Socket, head: Buffer): Promise<void> => {
    const { request } = passage;
    const query = new URLSearchParams(request.url?.split('?').slice(1).join('?') ?? '');
    const caller = await authenticateSocket(request, query, options);
    passage.caller = caller.name;
    checkHandshake(request);
    if (options.readOnly && path === '/etcd/register') {
      throw new AppError('forbidden', 'read-only', 'This installation is read-only at the moment (READ_ONLY).');
    }
    const wish = parseWish(path, query);
    if (isClosing) throw new AppError('unavailable', 'shutting-down', 'This process is shutting down; come again.');
    const leaveSeat = seats.take(caller.name);
    const about = { caller: caller.name, path, ...describeNode(wish.registers), follows: wish.services.length };
    const onOver = (session: Session, settled: Promise<unknown>): void => {
      leaveSeat();
      sessions.delete(session);
      const noted = settled.catch(() => undefined).finally(() => settling.delete(noted));
      settling.add(noted);
    };
    const beginning = beginSession({ ...options, wish, log: passage.log().child(about), onOver });
    const session = await beginning.catch((error: unknown) => {
      leaveSeat();
      throw error;
    });
    sessions.add(session);
    // Also where the client has gone meanwhile, or the handshake is refused after all.
    socket.once('close', () => session.giveUp());
    if (socket.destroyed) return session.giveUp();
    doors.handleUpgrade(request, socket, head, (opened) => session.open(opened, socket));
    if (isClosing) session.close();
  };

  return {
    serve: (server) =>
      void server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
        const path = (request.url ?? '').split('?')[0]?.replace(/\/$/, '') ?? '';
        const isWanted = request.method === 'GET' && /^websocket$/i.test(headerOf(request, 'upgrade') ?? '');
        if (!isWanted || !isSocketPath(path)) return handBack(server, request, duplex, head);
        // A server on TCP gives no other kind.
        const socket = duplex as Socket;
        socket.on('error', () => socket.destroy());
        const response = new ServerResponse(request);
        const passage = begin(log, { request, response, path, params: {}, query: {} });
        passages.set(request, passage);
        accept(passage, path, socket, head).catch((error: unknown) => refuse(passage, socket, error));
      }),
    count: () => sessions.size,
    close: async () => {
      isClosing = true;
      clearInterval(pings);
      for (const session of sessions) session.close();
      await untilEmpty(sessions, CLOSING_MS);
      for (const session of sessions) session.terminate();
      await untilEmpty(settling, SETTLING_MS);
    },
  };
}

function describeNode(registers: { service: string; node: { ip: string; port: number } } | undefined): object {
  return registers === undefined ? {} : { service: registers.service, ...registers.node };
}

/** Counts sockets. Throws `unavailable` where there are too many. */
function createSeats({ most, mostOfToken }: Pick<DiscoverySocketsOptions, 'most' | 'mostOfToken'>): {
  take(name: string): () => void;
} {
  const taken = new Map<string, number>();
  let all = 0;
  const add = (name: string, count: number): void => {
    all += count;
    taken.set(name, (taken.get(name) ?? 0) + count);
  };
  return {
    take: (name) => {
      if (all >= most) throw tooMany(`This process has ${most} sockets, which is the most.`);
      if ((taken.get(name) ?? 0) >= mostOfToken) {
        throw tooMany(`The token ${name} has ${mostOfToken} sockets here, which is the most.`);
      }
      add(name, 1);
      return () => add(name, -1);
    },
  };
}

function tooMany(message: string): AppError {
  return new AppError('unavailable', 'too-many-sockets', message, { retryAfterSeconds: 5 });
}

async function untilEmpty(those: ReadonlySet<unknown>, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (those.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 25));
}
