import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError } from '@quartermaster/foundation';
import { authenticate, authorize } from '../authenticate.js';
import type { Passage } from '../passage.js';
import type { Token } from '../tokens.js';

export const DASHBOARD_PATH = '/admin/queues';

/** What a browser offers to ask its user for. */
const CHALLENGE = 'Basic realm="quartermaster", charset="UTF-8"';

/** Nothing from another host, nothing that another page could frame or send from here. */
const CONTENT_SECURITY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Puts the dashboard of jobs into the app, behind a door of its own: an admin token as the password of HTTP Basic, and
 * reading only (docs/adr/0013). A browser sends that password by itself, so a request that changes something must not exist.
 */
export function mountDashboard(app: Express, dashboard: RequestHandler, tokens: readonly Token[]): void {
  const guard = (request: Request, response: Response, next: NextFunction): void => {
    const passage = response.locals['passage'] as Passage;
    passage.route = DASHBOARD_PATH;
    try {
      const caller = authenticate(request.headers.authorization, 'token-or-password', tokens);
      passage.caller = caller.name;
      authorize(caller, 'admin');
    } catch (error) {
      if (error instanceof AppError && error.kind === 'unauthenticated')
        passage.headers.push('WWW-Authenticate', CHALLENGE);
      throw error;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      passage.headers.push('Allow', 'GET, HEAD');
      throw new AppError('method-not-allowed', 'method-not-allowed', 'The dashboard of jobs is for looking only.');
    }
    for (let i = 0; i < passage.headers.length; i += 2)
      response.setHeader(passage.headers[i] ?? '', passage.headers[i + 1] ?? '');
    response.setHeader('Content-Security-Policy', CONTENT_SECURITY);
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    // Its own files have names that change with their content.
    if (!request.path.startsWith('/static/')) response.setHeader('Cache-Control', 'no-store');
    next();
  };
  const unknown = (request: Request): never => {
    throw new AppError('not-found', 'unknown-path', `There is no ${request.baseUrl}${request.path}.`);
  };
  app.use(DASHBOARD_PATH, guard, dashboard, unknown);
}
