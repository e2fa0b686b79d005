import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

/** How long a ticket is good for. */
export const TICKET_SECONDS = 30;

/** Stands for a token where a header can't be sent, once and for a moment. Redis holds its hash only. */
export interface Tickets {
  /** A new ticket of whoever has the token of this name. */
  issue(name: string): Promise<string>;
  /** The name of the token that it was made with, and never again; `undefined` where it is unknown, used or too old. */
  redeem(ticket: string): Promise<string | undefined>;
}

export function createTickets(redis: Redis, keys: Keys): Tickets {
  const keyOf = (ticket: string): string => keys.ticket(createHash('sha256').update(ticket).digest('hex'));
  return {
    issue: async (name) => {
      const ticket = randomBytes(24).toString('base64url');
      await redis.set(keyOf(ticket), name, 'EX', TICKET_SECONDS);
      return ticket;
    },
    redeem: async (ticket) => (await redis.getdel(keyOf(ticket))) ?? undefined,
  };
}
