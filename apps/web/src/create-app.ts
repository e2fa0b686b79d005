import { randomUUID } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { AppError, type Logger } from '@quartermaster/foundation';
import type { IdempotencyKeys } from '@quartermaster/stores';
import type { ApiRequest, Reply, Route } from './api.js';
import { authenticate, type Access, type Caller } from './authenticate.js';
import { BODY_LIMIT } from './body.js';
import { replyToError } from './errors.js';
import { parsePrefer } from './prefer.js';
import { onceByKey } from './repeats.js';
import type { Token } from './tokens.js';

export interface AppOptions {
  readonly routes: readonly Route[];
  readonly tokens: readonly Token[];
  readonly readOnly: boolean;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly log: Logger;
  /** Told of every error that is a bug. */
  readonly reportBug: (error: unknown, requestId: string) => void;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
/** Asked every few seconds by routers: not worth a line each. */
const QUIET: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** The HTTP API: every route behind authentication, one way for errors, one log line a request. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'extended');
  app.use(takeRequestId(options.log));

  for (const [path, routes] of groupByPath(options.routes)) {
    const allowed = routes
      .flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
      .sort();
    const chain = app.route(path);
    for (const route of routes)
      chain[route.method](answer(options, route.access, (request) => serve(options, route, request)));
    const access = routes.some((route) => route.access === 'public') ? 'public' : 'token';
    chain.all(answer(options, access, () => Promise.reject(notAllowed(allowed)), { Allow: allowed.join(', ') }));
  }
  app.use(
    answer(options, 'token', ({ path }) =>
      Promise.reject(new AppError('not-found', 'unknown-path', `There is no ${path}.`)),
    ),
  );
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    fail(options, request, response, error);
  });
  return app;
}

function serve(options: AppOptions, route: Route, request: ApiRequest): Promise<Reply> {
  if (options.readOnly && route.changes === true) {
    throw new AppError('forbidden', 'read-only', 'This installation is read-only at the moment (READ_ONLY).');
  }
  return route.repeatable === true
    ? onceByKey(request, options.idempotencyKeys, (r) => route.handle(r))
    : route.handle(request);
}

type Answer = (request: Request, response: Response) => Promise<void>;

/** Authenticates first, then reads the body, then asks `handle`. */
function answer(
  options: AppOptions,
  access: Access,
  handle: (request: ApiRequest) => Promise<Reply>,
  errorHeaders: Record<string, string> = {},
): Answer {
  const readBody = express.raw({ type: () => true, limit: BODY_LIMIT });
  return async (request, response) => {
    try {
      const caller = authenticate(request.headers.authorization, access, options.tokens);
      response.locals['caller'] = caller.name;
      await new Promise<void>((resolve, reject) => {
        readBody(request, response, (error?: Error) => (error ? reject(error) : resolve()));
      });
      const preference = parsePrefer(request.get('prefer'));
      // Also over the error of work that was waited for.
      if (preference.applied !== undefined) response.setHeader('Preference-Applied', preference.applied);
      send(response, await handle(toApiRequest(request, response, caller, preference.waitMs)));
    } catch (error) {
      for (const [name, value] of Object.entries(errorHeaders)) response.setHeader(name, value);
      fail(options, request, response, error);
    }
  };
}

function toApiRequest(request: Request, response: Response, caller: Caller, waitMs: number | undefined): ApiRequest {
  const query = Object.entries(request.query).map(([name, value]) => [name, firstText(value)]);
  const { log, id } = response.locals as { log: Logger; id: string };
  return {
    id,
    method: request.method,
    path: request.path,
    params: request.params as Record<string, string>,
    query: Object.fromEntries(query) as Record<string, string | undefined>,
    caller,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    log: log.child({ caller: caller.name }),
    waitMs,
    operationId: randomUUID(),
    header: (name) => request.get(name),
  };
}

function firstText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

function send(response: Response, reply: Reply): void {
  response.status(reply.status).set(reply.headers ?? {});
  if (reply.after) response.once('finish', reply.after);
  if (reply.json !== undefined) response.json(reply.json);
  else response.end(reply.content);
}

function fail(options: AppOptions, request: Request, response: Response, thrown: unknown): void {
  const { log, id } = response.locals as { log: Logger; id: string };
  const { reply, error } = replyToError(thrown, request.method);
  if (error === undefined) {
    log.error('A request failed unexpectedly', { error: thrown });
    options.reportBug(thrown, id);
  } else {
    response.locals['code'] = error.code;
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  send(response, reply);
}

function takeRequestId(log: Logger): (request: Request, response: Response, next: NextFunction) => void {
  return (request, response, next) => {
    const sent = request.get('x-request-id');
    const id = sent !== undefined && REQUEST_ID.test(sent) ? sent : randomUUID();
    const startedAt = performance.now();
    response.locals['id'] = id;
    response.locals['log'] = log.child({ request_id: id });
    response.setHeader('X-Request-Id', id);
    response.once('close', () => {
      const { caller, code } = response.locals as { caller?: string; code?: string };
      const fields = {
        request_id: id,
        method: request.method,
        path: request.path,
        status: response.statusCode,
        ms: Math.round(performance.now() - startedAt),
        ...(caller === undefined ? {} : { caller }),
        ...(code === undefined ? {} : { code }),
        ...(response.writableFinished ? {} : { broken_off: true }),
      };
      if (QUIET.has(request.path) && response.statusCode < 400) log.debug('Request', fields);
      else log.info('Request', fields);
    });
    next();
  };
}

function notAllowed(allowed: readonly string[]): AppError {
  return new AppError('method-not-allowed', 'method-not-allowed', `This path takes ${allowed.join(', ')}.`);
}

function groupByPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}
