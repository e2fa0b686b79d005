import {
  eventBodySchema,
  isServiceName,
  monitorQuerySchema,
  registerQuerySchema,
  SERVICE_NAME_RULE,
  type Discovery,
} from '@quartermaster/discovery';
import { AppError } from '@quartermaster/foundation';
import { TICKET_SECONDS, type Tickets } from '@quartermaster/stores';
import type Joi from 'joi';
import type { Route } from '../api.js';
import { parseJson } from '../body.js';
import { validateBody } from '../validate.js';

export interface DiscoveryParts {
  readonly discovery: Discovery;
  readonly tickets: Pick<Tickets, 'issue'>;
  /** Whether there is an etcd at all. */
  readonly isConfigured: boolean;
}

/** Service discovery over plain HTTP; its WebSockets are in `sockets/`. */
export function discoveryRoutes({ discovery, tickets, isConfigured }: DiscoveryParts): Route[] {
  return [
    {
      method: 'get',
      path: '/etcd/services',
      access: 'token',
      doc: { summary: 'The services that have nodes', answers: { 200: 'their names' } },
      handle: async () => ({ status: 200, json: { services: await discovery.services() } }),
    },
    {
      method: 'get',
      path: '/etcd/services/:service',
      access: 'token',
      doc: { summary: 'The nodes of a service', answers: { 200: '`ip` and `port` of each' } },
      handle: async ({ params: { service = '' } }) => {
        if (!isServiceName(service)) {
          throw new AppError('invalid', 'invalid-service', `A service is called by ${SERVICE_NAME_RULE}.`);
        }
        return { status: 200, json: { services: await discovery.nodes(service) } };
      },
    },
    {
      method: 'get',
      path: '/etcd/leader',
      access: 'token',
      doc: { summary: "etcd's leader", answers: { 200: '`leader` and `member_id`, as strings' } },
      handle: async () => ({ status: 200, json: await discovery.leader() }),
    },
    {
      method: 'post',
      path: '/etcd/event',
      access: 'token',
      changes: true,
      repeatable: true,
      doc: {
        summary: 'Send an event to everybody who follows these services',
        body: { json: [eventBodySchema] },
        answers: { 200: 'its id' },
      },
      handle: async ({ body }) => {
        const event = validateBody(eventBodySchema, parseJson(body));
        const id = await discovery.emit(event);
        return { status: 200, json: { id }, logged: { event_type: event.event_type } };
      },
    },
    {
      method: 'post',
      path: '/etcd/tickets',
      access: 'token',
      doc: {
        summary: 'A ticket for a WebSocket, for one use, as its `?ticket=`',
        answers: { 201: 'the ticket, and for how many seconds it is good' },
      },
      handle: async ({ caller }) => {
        // Good for nothing then: says what every other route of this family says.
        if (!isConfigured) await discovery.services();
        const json = { ticket: await tickets.issue(caller.name), expires_in: TICKET_SECONDS };
        return { status: 201, headers: { 'Cache-Control': 'no-store' }, json };
      },
    },
    webSocketOnly('/etcd/register', 'Stay registered as a node, and follow services', registerQuerySchema),
    webSocketOnly('/etcd/monitor', 'Follow services', monitorQuerySchema),
  ];
}

/** What a request without an upgrade is told; most often a router in between has not passed it on. */
function webSocketOnly(path: string, does: string, query: Joi.ObjectSchema): Route {
  const error = {
    status: '426',
    code: 'upgrade-required',
    title: 'Upgrade required',
    detail: `${path} is a WebSocket: connect with one. If you did, a router in between does not pass on the header Upgrade.`,
  };
  const headers = { Upgrade: 'websocket', Connection: 'Upgrade' };
  return {
    method: 'get',
    path,
    access: 'token',
    doc: {
      summary: `WebSocket: ${does.charAt(0).toLowerCase()}${does.slice(1)}`,
      description: 'The token goes in the header, in `Sec-WebSocket-Protocol: bearer.<token>`, or as a ticket.',
      query: [query],
      answers: { 101: { says: 'the socket', types: [] }, 426: 'this was no WebSocket' },
    },
    handle: () => Promise.resolve({ status: 426, headers, json: { errors: [error] } }),
  };
}
