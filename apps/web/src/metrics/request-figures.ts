import type { FigureBook } from '@quartermaster/foundation';
import type { Route } from '../api.js';

/** Told of every request that is over; `route`: its pattern, never its path, of which there is no end. */
export type TellRequest = (method: string, route: string | undefined, status: number, seconds: number) => void;

/** Others are counted as one: who has no token may send any that Node knows. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function createTellRequest(figures: Pick<FigureBook, 'count' | 'time'>): TellRequest {
  return (method, route = 'unknown', status, seconds) => {
    const labels = `${METHODS.has(method) ? method : 'other'}|${route}`;
    figures.count('http_requests', `${labels}|${status}`);
    figures.time('http_seconds', labels, seconds);
  };
}

/** What web's own failures are answered with. */
const FAILURES = [500, 503] as const;

/** Shows the failures of every route as 0 before they first happen: alerts look at their increase. */
export function declareFailures(
  figures: Pick<FigureBook, 'declare'>,
  routes: readonly Pick<Route, 'method' | 'path'>[],
): void {
  for (const { method, path } of routes) {
    for (const status of FAILURES) figures.declare('http_requests', `${method.toUpperCase()}|${path}|${status}`);
  }
}
