import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { AppError, type Logger } from '@quartermaster/foundation';
import type { IdempotencyKeys } from '@quartermaster/stores';
import type { ApiRequest, Reply, Route } from './api.js';
import { authenticate, authorize, type Caller } from './authenticate.js';
import { BODY_LIMIT } from './body.js';
import { replyToError } from './errors.js';
import { begin, headerOf, type Passage } from './passage.js';
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

/** Paths that mean the same to everybody: nothing encoded, nothing empty, no slash at the end. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9._~-]+)+$/;

type Answer = (passage: Passage) => Promise<void>;

/**
 * The HTTP API: every route behind authentication, one way for errors, one log line a request. A request for a route in
 * its plain spelling goes straight to it; Express decides about all others (other spellings, 404, 405).
 */
export function createApp(options: AppOptions): RequestListener {
  const answers = options.routes.map((route) => ({
    route,
    answer: createAnswer(options, route, (request) => serve(options, route, request)),
  }));
  const app = createExpressApp(options, new Map(answers.map(({ route, answer }) => [route, answer])));
  const parseQuery = app.get('query parser fn') as (text: string) => Record<string, unknown>;
  const places = new Map<string, { names: readonly string[]; answer: Answer }[]>();
  for (const { route, answer } of answers) {
    const names = route.path.split('/');
    const place = `${route.method.toUpperCase()} ${names.length}`;
    places.set(place, [...(places.get(place) ?? []), { names, answer }]);
  }

  return (request, response) => {
    const [path, query] = splitOnce(request.url ?? '');
    const parts = PLAIN_PATH.test(path) ? path.split('/') : [];
    const found = places.get(`${request.method} ${parts.length}`)?.find(({ names }) => isAt(names, parts));
    if (found === undefined) {
      app(request, response);
      return;
    }
    const params: Record<string, string> = {};
    for (const [i, name] of found.names.entries()) if (name.startsWith(':')) params[name.slice(1)] = parts[i] ?? '';
    const facts = { request, response, path, params, query: query === '' ? {} : parseQuery(query) };
    void found.answer(begin(options.log, facts));
  };
}

function splitOnce(url: string): [string, string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

function isAt(names: readonly string[], parts: readonly string[]): boolean {
  return names.every((name, i) => name === parts[i] || name.startsWith(':'));
}

function createExpressApp(options: AppOptions, answers: ReadonlyMap<Route, Answer>): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'extended');
  app.use((request, response, next) => {
    const { path, query } = request;
    response.locals['passage'] = begin(options.log, { request, response, path, params: {}, query });
    next();
  });
  const run = (answer: Answer) => (request: Request, response: Response) =>
    // The parameters are known only now that a route is found.
    answer(Object.assign(passageOf(response), { params: request.params as Record<string, string> }));

  for (const [path, routes] of groupByPath(options.routes)) {
    const allowed = routes
      .flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
      .sort();
    const chain = app.route(path);
    for (const route of routes) {
      const answer = answers.get(route);
      if (answer !== undefined) chain[route.method](run(answer));
    }
    const access = routes.some((route) => route.access === 'public') ? 'public' : 'token';
    const refuse = (): Promise<never> => Promise.reject(notAllowed(allowed));
    chain.all(run(createAnswer(options, { access }, refuse, { Allow: allowed.join(', ') })));
  }
  app.use(
    run(
      createAnswer(options, { access: 'token' }, ({ path }) =>
        Promise.reject(new AppError('not-found', 'unknown-path', `There is no ${path}.`)),
      ),
    ),
  );
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    fail(options, passageOf(response), error);
  });
  return app;
}

function passageOf(response: Response): Passage {
  return response.locals['passage'] as Passage;
}

function serve(options: AppOptions, route: Route, request: ApiRequest): Promise<Reply> {
  if (options.readOnly && route.changes === true) {
    throw new AppError('forbidden', 'read-only', 'This installation is read-only at the moment (READ_ONLY).');
  }
  return route.repeatable === true
    ? onceByKey(request, options.idempotencyKeys, (r) => route.handle(r))
    : route.handle(request);
}

/** Authenticates first, then reads the body, then asks `handle`. */
function createAnswer(
  options: AppOptions,
  { access, waitsMs }: Pick<Route, 'access' | 'waitsMs'>,
  handle: (request: ApiRequest) => Promise<Reply>,
  errorHeaders: Record<string, string> = {},
): Answer {
  const readBody = createBodyReader();
  return async (passage) => {
    const { request, response } = passage;
    try {
      const caller = authenticate(request.headers.authorization, access, options.tokens);
      passage.caller = caller.name;
      authorize(caller, access);
      const body = await readBody(request, response);
      const preference = parsePrefer(headerOf(request, 'prefer'), waitsMs);
      // Also over the error of work that was waited for.
      if (preference.applied !== undefined) response.setHeader('Preference-Applied', preference.applied);
      const reply = await handle(toApiRequest(passage, caller, body, preference.waitMs));
      if (reply.logged !== undefined) passage.logged = reply.logged;
      send(response, reply);
    } catch (error) {
      for (const [name, value] of Object.entries(errorHeaders)) response.setHeader(name, value);
      fail(options, passage, error);
    }
  };
}

const NO_BODY = Buffer.alloc(0);

function createBodyReader(): (request: IncomingMessage, response: ServerResponse) => Promise<Buffer> {
  const read = express.raw({ type: () => true, limit: BODY_LIMIT });
  return async (request, response) => {
    const { headers } = request;
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return NO_BODY;
    await new Promise<void>((resolve, reject) => {
      read(request, response, (error?: Error) => (error ? reject(error) : resolve()));
    });
    const { body } = request as { body?: unknown };
    return Buffer.isBuffer(body) ? body : NO_BODY;
  };
}

function toApiRequest(passage: Passage, caller: Caller, body: Buffer, waitMs: number | undefined): ApiRequest {
  const { request, id, path, params } = passage;
  const query = Object.entries(passage.query).map(([name, value]) => [name, firstText(value)]);
  return {
    id,
    method: request.method ?? '',
    path,
    params,
    query: Object.fromEntries(query) as Record<string, string | undefined>,
    caller,
    body,
    waitMs,
    operationId: randomUUID(),
    header: (name) => headerOf(request, name),
  };
}

function firstText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

function send(response: ServerResponse, { status, headers = {}, json, content, after }: Reply): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (after) response.once('finish', after);
  const body = json === undefined ? content : JSON.stringify(json);
  if (json !== undefined) response.setHeader('Content-Type', 'application/json; charset=utf-8');
  // Said here and not left to Node, which leaves it out of the answer to HEAD.
  if (body !== undefined) response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

function fail(options: AppOptions, passage: Passage, thrown: unknown): void {
  const { request, response } = passage;
  const { reply, error } = replyToError(thrown, request.method ?? '');
  if (error === undefined) {
    passage.log().error('A request failed unexpectedly', { method: request.method, path: passage.path, error: thrown });
    options.reportBug(thrown, passage.id);
  } else {
    passage.code = error.code;
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  send(response, reply);
}

function notAllowed(allowed: readonly string[]): AppError {
  return new AppError('method-not-allowed', 'method-not-allowed', `This path takes ${allowed.join(', ')}.`);
}

function groupByPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}
