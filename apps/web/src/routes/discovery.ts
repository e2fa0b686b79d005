import { eventBodySchema, isServiceName, SERVICE_NAME_RULE, type Discovery } from '@quartermaster/discovery';
import { AppError } from '@quartermaster/foundation';
import { TICKET_SECONDS, type Tickets } from '@quartermaster/stores';
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
      handle: async () => ({ status: 200, json: { services: await discovery.services() } }),
    },
    {
      method: 'get',
      path: '/etcd/services/:service',
      access: 'token',
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
      handle: async () => ({ status: 200, json: await discovery.leader() }),
    },
    {
      method: 'post',
      path: '/etcd/event',
      access: 'token',
      changes: true,
      repeatable: true,
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
      handle: async ({ caller }) => {
        // Good for nothing then: says what every other route of this family says.
        if (!isConfigured) await discovery.services();
        const json = { ticket: await tickets.issue(caller.name), expires_in: TICKET_SECONDS };
        return { status: 201, headers: { 'Cache-Control': 'no-store' }, json };
      },
    },
    webSocketOnly('/etcd/register'),
    webSocketOnly('/etcd/monitor'),
  ];
}

/** What a request without an upgrade is told; most often a router in between has not passed it on. */
function webSocketOnly(path: string): Route {
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
    handle: () => Promise.resolve({ status: 426, headers, json: { errors: [error] } }),
  };
}
