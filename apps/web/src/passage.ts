import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@quartermaster/foundation';
import type { TellRequest } from './metrics/request-figures.js';

export const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
/** Asked every few seconds by routers: not worth a line each. */
const QUIET: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
/** What counts as the status of a request whose caller left before there was one. */
const LEFT = 499;

/** A request on its way through, and what its log line will say. */
export interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Names and values in turn of headers that the answer gets in any case, an error too. */
  readonly headers: string[];
  /** Made when first asked for: most requests have nothing to say. */
  log(): Logger;
  caller?: string;
  /** The pattern of its route; missing where it has none. */
  route?: string;
  code?: string;
  logged?: Readonly<Record<string, unknown>>;
}

/** Names a request, and has its line written once it is over. */
export function begin(
  log: Logger,
  facts: Pick<Passage, 'request' | 'response' | 'path' | 'params' | 'query'>,
  tellRequest?: TellRequest,
): Passage {
  const { request, response, path } = facts;
  const sent = headerOf(request, 'x-request-id');
  const id = sent !== undefined && REQUEST_ID.test(sent) ? sent : randomUUID();
  const startedAt = performance.now();
  let own: Logger | undefined;
  const passage: Passage = {
    request,
    response,
    path,
    params: facts.params,
    query: facts.query,
    id,
    headers: ['X-Request-Id', id],
    log: () => (own ??= log.child({ request_id: id })),
  };
  response.on('close', () => {
    const { caller, code, logged, route } = passage;
    const ms = performance.now() - startedAt;
    const status = response.headersSent ? response.statusCode : LEFT;
    tellRequest?.(request.method ?? '', route, status, ms / 1000);
    const fields = {
      request_id: id,
      method: request.method,
      path,
      status: response.statusCode,
      ms: Math.round(ms),
      ...(caller === undefined ? {} : { caller }),
      ...(code === undefined ? {} : { code }),
      ...logged,
      ...(response.writableFinished ? {} : { broken_off: true }),
    };
    if (QUIET.has(path)) log.debug('Request', fields);
    else log.info('Request', fields);
  });
  return passage;
}

/** A request's header, whatever the case of its name. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}
