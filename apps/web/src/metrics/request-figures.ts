import type { FigureBook } from '@quartermaster/foundation';

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
