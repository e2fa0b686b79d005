import type { IncomingMessage } from 'node:http';
import { AppError } from '@quartermaster/foundation';
import type { Tickets } from '@quartermaster/stores';
import { authenticate, type Caller } from '../authenticate.js';
import type { Token } from '../tokens.js';

const BEARER_PROTOCOL = /^bearer\.([\x21-\x7e]+)$/;
const TICKET = /^[A-Za-z0-9_-]{16,128}$/;

/**
 * Who opens a socket: by the header `Authorization`, by the subprotocol `bearer.<token>`, or by a ticket in the query, the
 * first of these that was sent. Throws 401 where none was, 403 where it matches nobody.
 */
export async function authenticateSocket(
  request: IncomingMessage,
  query: URLSearchParams,
  { tokens, tickets }: { readonly tokens: readonly Token[]; readonly tickets: Pick<Tickets, 'redeem'> },
): Promise<Caller> {
  const { authorization } = request.headers;
  const protocol = bearerProtocol(request.headers['sec-websocket-protocol']?.split(',') ?? []);
  const ticket = query.get('ticket') ?? '';
  if (authorization !== undefined && authorization !== '') return authenticate(authorization, 'token', tokens);
  if (protocol !== undefined) return authenticate(`Bearer ${protocol.slice('bearer.'.length)}`, 'token', tokens);
  if (ticket !== '') return byTicket(ticket, tokens, tickets);
  const ways =
    '`Authorization: token <token>`, `Sec-WebSocket-Protocol: bearer.<token>`, or `?ticket=` from POST /etcd/tickets';
  throw new AppError('unauthenticated', 'authentication-required', `Send a token: ${ways}.`);
}

/** The subprotocol that carries a token: it is the one to choose, for a browser wants one of its own chosen. */
export function bearerProtocol(protocols: Iterable<string>): string | undefined {
  return [...protocols].map((protocol) => protocol.trim()).find((protocol) => BEARER_PROTOCOL.test(protocol));
}

async function byTicket(ticket: string, tokens: readonly Token[], tickets: Pick<Tickets, 'redeem'>): Promise<Caller> {
  const name = TICKET.test(ticket) ? await tickets.redeem(ticket) : undefined;
  const token = tokens.find((one) => one.name === name);
  if (token !== undefined) return { kind: 'token', name: token.name, isAdmin: token.isAdmin };
  throw new AppError('forbidden', 'unknown-ticket', 'This ticket is unknown, was used, or is older than 30 s.');
}
