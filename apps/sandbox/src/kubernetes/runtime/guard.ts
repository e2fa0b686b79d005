import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Verify } from './credentials.js';

export interface GuardOptions {
  /** `3.3.3`. */
  readonly version: string;
  /** There is no administrator (CouchDB 1 and 2): everybody is one. */
  readonly isParty: boolean;
  readonly verify: Verify;
}

/**
 * Stands before pouchdb-server, which is left without administrators: it would crash at some requests without credentials.
 * Nothing but CouchDB's welcome and `/_up` is answered to strangers.
 */
export function createGuard({ version, isParty, verify }: GuardOptions, inner: RequestListener): RequestListener {
  const welcome = { couchdb: 'Welcome', version, features: [], vendor: { name: 'The Apache Software Foundation' } };
  const hasUp = !version.startsWith('1.');

  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && path === '/') return answer(response, 200, welcome);
    if (isRead && hasUp && path === '/_up') return answer(response, 200, { status: 'ok' });
    const { authorization } = request.headers;
    const user = verify(authorization);
    if (user === undefined && !(isParty && authorization === undefined)) return refuse(request, response);
    if (isRead && path === '/_session') return answer(response, 200, sessionOf(user));
    if (path === '/_up') return answer(response, 404, { error: 'not_found', reason: 'missing' });
    const type = request.headers['content-type'] ?? '';
    if (request.method === 'POST' && !/^application\/json\b/i.test(type) && !path.includes('/_design/')) {
      request.resume();
      const reason = 'Content-Type must be application/json';
      return answer(response, 415, { error: 'bad_content_type', reason });
    }
    // CouchDB reads a document as JSON whatever its type is said to be; pouchdb-server would keep an empty one.
    if (request.method === 'PUT' && isDocument(path) && !type.startsWith('multipart/')) {
      request.headers['content-type'] = 'application/json';
    }
    // What is left of the caller's credentials would be held against users that are not there.
    delete request.headers.authorization;
    delete request.headers.cookie;
    inner(request, response);
  };
}

/** `/db/id`, `/db/_design/id`, `/db/_local/id`; attachments lie deeper. */
function isDocument(path: string): boolean {
  return /^\/[^/]+\/(_(design|local)\/)?[^/]+$/.test(path);
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  const given = request.headers.authorization !== undefined;
  const reason = given ? 'Name or password is incorrect.' : 'You are not authorized to access this db.';
  response.setHeader('WWW-Authenticate', 'Basic realm="CouchDB"');
  request.resume();
  answer(response, 401, { error: 'unauthorized', reason });
}

function sessionOf(user: string | undefined): object {
  const info = {
    authentication_handlers: ['cookie', 'default'],
    ...(user === undefined ? {} : { authenticated: 'default' }),
  };
  return { ok: true, userCtx: { name: user ?? null, roles: ['_admin'] }, info };
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
