import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Express, RequestHandler } from 'express';
import type { createQueues } from '@quartermaster/jobs';
import { DASHBOARD_PATH } from './door.js';

/** Its page asks another host for a font; what is installed here does. */
const OF_ANOTHER_HOST = /<link\b[^>]*\bhref="(?:https?:)?\/\/[^"]*"[^>]*>\s*/g;

/**
 * The pages of Bull Board over the queues, for looking only: what it could change (removing, retrying, adding jobs) would go
 * past the ledger of open jobs (docs/adr/0013). Loaded where the dashboard is on only.
 */
export function createDashboard(queues: ReturnType<typeof createQueues>): RequestHandler {
  const adapter = new ExpressAdapter();
  adapter.setBasePath(DASHBOARD_PATH);
  createBullBoard({
    queues: [...queues.values()].map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter: adapter,
    // `hideRedisDetails`: the host's memory and system are no business of a page about jobs.
    options: { uiConfig: { boardTitle: 'Quartermaster', hideRedisDetails: true } },
  });
  // As everywhere: the error's own status, without words of a bug.
  adapter.setErrorHandler((error) => {
    throw error;
  });
  const board = adapter.getRouter() as Express;
  board.disable('x-powered-by');
  keepToThisHost(board);
  return board;
}

/** Leaves out of every page what a browser would fetch elsewhere. */
function keepToThisHost(board: Express): void {
  const render = board.render.bind(board) as (name: string, options: object, done: Rendered) => void;
  const renderHere = (name: string, options: object, done: Rendered): void => {
    render(name, options, (error, html) => done(error, html?.replaceAll(OF_ANOTHER_HOST, '')));
  };
  board.render = renderHere as Express['render'];
}

type Rendered = (error: Error | null, html?: string) => void;
