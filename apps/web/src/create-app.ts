import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { AppError, type Logger } from '@quartermaster/foundation';
import type { IdempotencyKeys } from '@quartermaster/stores';
import type { ApiRequest, Reply, Route } from './api.js';
import type { AccountGate } from './account-gate.js';
import { authenticate, authorize, type Caller } from './authenticate.js';
import { BODY_LIMIT } from './body.js';
import { mountDashboard } from './dashboard/door.js';
import { renderErrorDocument, replyToError } from './errors.js';
import { isKantoPath, KANTO_PATH, renderKantoError } from './kanto-answer.js';
import type { TellRequest } from './metrics/request-figures.js';
import { begin, headerOf, type Passage } from './passage.js';
import { parsePrefer, type Preference } from './prefer.js';
import { onceByKey, refuseKey } from './repeats.js';
import { createRouteFinder } from './route-finder.js';
import { send } from './send.js';
import type { Token } from './tokens.js';

export interface AppOptions {
  readonly routes: readonly Route[];
  readonly tokens: readonly Token[];
  /** Opens `/metrics` and nothing else. */
  readonly metricsToken?: Token | undefined;
  readonly accountGate: AccountGate;
  readonly readOnly: boolean;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly log: Logger;
  /** Told of every request that is over. */
  readonly tellRequest?: TellRequest;
  /** Told of every error that is a bug. */
  readonly reportBug: (error: unknown, requestId: string) => void;
  /** The dashboard of jobs, where there is one. */
  readonly dashboard?: RequestHandler | undefined;
}

type Answer = (passage: Passage) => Promise<void>;

/**
 * The HTTP API: every route behind authentication, one way for errors, one log line a request. A request for a route in
 * its plain spelling goes straight to it; Express decides about all others (other spellings, 404, 405).
 */
export function createApp(options: AppOptions): RequestListener {
  const answers = options.routes.map((route) => ({
    route,
    path: route.path,
    method: route.method.toUpperCase(),
    answer: createAnswer(options, route, (request) => serve(options, route, request)),
  }));
  const app = createExpressApp(options, new Map(answers.map(({ route, answer }) => [route, answer])));
  const parseQuery = app.get('query parser fn') as (text: string) => Record<string, unknown>;
  const find = createRouteFinder(answers);

  return (request, response) => {
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const found = find(request.method ?? '', path);
    if (found === undefined) {
      app(request, response);
      return;
    }
    const query = mark < 0 || mark === url.length - 1 ? NO_QUERY : parseQuery(url.slice(mark + 1));
    const facts = { request, response, path, params: found.params, query };
    void found.place.answer(begin(options.log, facts, options.tellRequest));
  };
}

const NO_QUERY: Readonly<Record<string, never>> = {};

function createExpressApp(options: AppOptions, answers: ReadonlyMap<Route, Answer>): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'extended');
  app.use((request, response, next) => {
    const { path, query } = request;
    const facts = { request, response, path, params: {}, query };
    response.locals['passage'] = begin(options.log, facts, options.tellRequest);
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
    const access = routes.some((route) => ['public', 'account'].includes(route.access)) ? 'public' : 'token';
    const refuse = (): Promise<never> => Promise.reject(notAllowed(allowed));
    chain.all(run(createAnswer(options, { access, path }, refuse, { Allow: allowed.join(', ') })));
  }
  if (options.dashboard !== undefined) mountDashboard(app, options.dashboard, options.tokens);
  const unknown = ({ path }: ApiRequest): Promise<never> =>
    Promise.reject(new AppError('not-found', 'unknown-path', `There is no ${path}.`));
  // Who has an account only has no token to send.
  app.use(KANTO_PATH, run(createAnswer(options, { access: 'public' }, unknown)));
  app.use(run(createAnswer(options, { access: 'token' }, unknown)));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    fail(options, passageOf(response), error);
  });
  return app;
}

function passageOf(response: Response): Passage {
  return response.locals['passage'] as Passage;
}

function serve(options: AppOptions, route: Route, request: ApiRequest): Promise<Reply> {
  if (route.repeatable === 'never') refuseKey(request);
  if (options.readOnly && route.changes === true) {
    throw new AppError('forbidden', 'read-only', 'This installation is read-only at the moment (READ_ONLY).');
  }
  return route.repeatable === true
    ? onceByKey(request, options.idempotencyKeys, (r) => route.handle(r))
    : route.handle(request);
}

/** Authenticates first, then reads the body (in which an account says who it is), then asks `handle`. */
function createAnswer(
  options: AppOptions,
  { access, path, waitsMs }: Pick<Route, 'access' | 'waitsMs'> & Partial<Pick<Route, 'path'>>,
  handle: (request: ApiRequest) => Promise<Reply>,
  errorHeaders: Record<string, string> = {},
): Answer {
  const readBody = createBodyReader();
  const { metricsToken, tokens: all } = options;
  const tokens = access === 'metrics' && metricsToken !== undefined ? [...all, metricsToken] : all;
  return async (passage) => {
    const { request, response } = passage;
    if (path !== undefined) passage.route = path;
    try {
      const known = access === 'account' ? undefined : authenticate(request.headers.authorization, access, tokens);
      if (known !== undefined) {
        passage.caller = known.name;
        authorize(known, access);
      }
      const body = hasBody(request) ? await readBody(request, response) : NO_BODY;
      const caller = known ?? (await options.accountGate.identify(body));
      passage.caller = caller.name;
      const preference = parsePrefer(headerOf(request, 'prefer'), waitsMs);
      // Also over the error of work that was waited for.
      if (preference.applied !== undefined) passage.headers.push('Preference-Applied', preference.applied);
      const reply = await handle(toApiRequest(passage, caller, body, preference));
      if (reply.logged !== undefined) passage.logged = reply.logged;
      send(passage, reply);
    } catch (error) {
      for (const [name, value] of Object.entries(errorHeaders)) passage.headers.push(name, value);
      if (access === 'token-or-password' && error instanceof AppError && error.kind === 'unauthenticated') {
        passage.headers.push('WWW-Authenticate', PASSWORD_CHALLENGE);
      }
      fail(options, passage, error);
    }
  };
}

/** Has a browser ask its user. */
const PASSWORD_CHALLENGE = 'Basic realm="quartermaster, a token as the password", charset="UTF-8"';
const NO_BODY = Buffer.alloc(0);

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function createBodyReader(): (request: IncomingMessage, response: ServerResponse) => Promise<Buffer> {
  const read = express.raw({ type: () => true, limit: BODY_LIMIT });
  return async (request, response) => {
    await new Promise<void>((resolve, reject) => {
      read(request, response, (error?: Error) => (error ? reject(error) : resolve()));
    });
    const { body } = request as { body?: unknown };
    return Buffer.isBuffer(body) ? body : NO_BODY;
  };
}

function toApiRequest(passage: Passage, caller: Caller, body: Buffer, preference: Preference): ApiRequest {
  const { request, id, path, params } = passage;
  return {
    id,
    method: request.method ?? '',
    path,
    params,
    query: passage.query === NO_QUERY ? NO_QUERY : firstTexts(passage.query),
    search: searchOf(request.url ?? ''),
    caller,
    body,
    waitMs: preference.waitMs,
    respondAsync: preference.respondAsync,
    operationId: randomUUID(),
    header: (name) => headerOf(request, name),
  };
}

/** What follows the question mark. */
function searchOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}

function firstTexts(query: Readonly<Record<string, unknown>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, firstText(value)]));
}

function firstText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

function fail(options: AppOptions, passage: Passage, thrown: unknown): void {
  const { request, response } = passage;
  const render = isKantoPath(passage.path) ? renderKantoError : renderErrorDocument;
  const { reply, error } = replyToError(thrown, request.method ?? '', render);
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
  send(passage, reply);
}

function notAllowed(allowed: readonly string[]): AppError {
  return new AppError('method-not-allowed', 'method-not-allowed', `This path takes ${allowed.join(', ')}.`);
}

function groupByPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}
