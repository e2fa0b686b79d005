import type { Socket } from 'node:net';
import type { Discovery, Registration } from '@quartermaster/discovery';
import type { Logger } from '@quartermaster/foundation';
import type { WebSocket } from 'ws';
import { createBufferedReader } from './buffered-reader.js';
import type { Wish } from './wish.js';

/** What we close with, beside the feed's 1013; the 4000s are ours to give a meaning (RFC 6455, 7.4.2). */
export const CLOSE_CODES = {
  /** This process ends: connect again, to another one. */
  restarting: 1012,
  /** The node was registered anew elsewhere: do not connect again. */
  replaced: 4001,
  /** The node may have been taken for gone: connect again. */
  lost: 4002,
} as const;

/** A WebSocket that was closed without a close frame (RFC 6455, 7.4.1). */
const CLOSE_BROKEN = 1006;

/** What becomes of a registration: see `Registration`. */
type Ending = 'leave' | 'expire' | 'abandon';

/** A client on its socket, from before the socket is open until everything that follows from its end is done. */
export interface Session {
  /** The handshake is done: what was told since is sent. */
  open(socket: WebSocket, raw: Socket): void;
  /** Sends a ping, or gives up a client that has missed two. */
  ping(): void;
  /** Ends it without a socket having been opened. */
  giveUp(): void;
  /** This process ends. The node stays registered for its TTL, so that its client can take it over elsewhere. */
  close(): void;
  terminate(): void;
}

export interface SessionOptions {
  readonly discovery: Discovery;
  readonly wish: Wish;
  readonly log: Logger;
  /** Called once, with what is still to be done in etcd. */
  readonly onOver: (session: Session, settled: Promise<unknown>) => void;
}

const PINGS_MISSED_AT_MOST = 2;

/**
 * Follows, then registers, so that the client is told of its own registration too. Rejects with `unavailable` where etcd
 * can't be reached: a socket that opens is a node that is registered.
 */
export async function beginSession({ discovery, wish, log, onOver }: SessionOptions): Promise<Session> {
  const reader = createBufferedReader();
  let registration: Registration | undefined;
  let socket: WebSocket | undefined;
  let missed = 0;
  let isOver = false;
  /** What the end of the socket will mean, where it is not for the client to say, and what we closed it with. */
  let ending: Ending | undefined;
  let closedWith: { readonly code: number; readonly reason: string } | undefined;

  const end = (how: Ending): void => {
    if (isOver) return;
    isOver = true;
    subscription.end();
    onOver(session, Promise.resolve(registration?.[how]()));
  };
  const closeWith = (code: number, reason: string): void => {
    ending ??= 'abandon';
    closedWith ??= { code, reason };
    reader.close(code, reason);
  };

  const subscription = discovery.subscribe(wish, { ...reader, close: closeWith });
  try {
    registration =
      wish.registers &&
      (await discovery.register({
        ...wish.registers,
        onStatus: (status, reason) => {
          if (status === 'lost') closeWith(CLOSE_CODES.lost, reason);
          if (status === 'replaced') closeWith(CLOSE_CODES.replaced, reason);
        },
      }));
  } catch (error) {
    subscription.end();
    throw error;
  }
  // Before it was ours nobody was told.
  const status = registration?.status() ?? 'registered';
  if (status !== 'registered') closeWith(CLOSE_CODES.lost, `the registration is ${status} already`);

  const session: Session = {
    open: (opened, raw) => {
      socket = opened;
      const openedAt = performance.now();
      log.info('A socket was opened');
      opened.on('pong', () => (missed = 0));
      // What it sends is read and dropped, but it shows that it lives.
      opened.on('message', () => (missed = 0));
      opened.on('error', () => (ending ??= 'abandon'));
      opened.on('close', (code, reason) => {
        const seconds = Math.round((performance.now() - openedAt) / 100) / 10;
        const by = ending === undefined ? 'client' : 'web';
        log.info('A socket was closed', { code, reason: reason.toString(), ...closedWith, by, seconds });
        end(ending ?? (code === CLOSE_BROKEN ? 'expire' : 'leave'));
      });
      raw.on('drain', () => subscription.drained());
      reader.open(opened);
    },
    ping: () => {
      if (socket === undefined) return;
      if (missed < PINGS_MISSED_AT_MOST) {
        missed += 1;
        socket.ping();
        return;
      }
      ending ??= 'expire';
      log.info('A socket has missed two pings');
      socket.terminate();
    },
    giveUp: () => {
      if (socket === undefined) end('expire');
    },
    close: () => closeWith(CLOSE_CODES.restarting, 'this process restarts: connect again'),
    terminate: () => {
      ending ??= 'abandon';
      socket?.terminate();
    },
  };
  return session;
}
