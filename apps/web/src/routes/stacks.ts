import { AppError } from '@quartermaster/foundation';
import {
  findInstance,
  findLayer,
  findStack,
  instancesOf,
  layersOf,
  type Fleet,
  type Layer,
} from '@quartermaster/stacks';
import type { ApiRequest, Reply, Route } from '../api.js';
import type { StackListing } from '../stack-listing.js';
import { cacheAge, isKnown } from './instances.js';

type Params = ApiRequest['params'];

/**
 * The six `GET /stacks…`: what is there, in AWS' own words, as bare arrays and objects. A validator stands for the whole
 * fleet: whatever changes in it, every answer counts as new.
 */
export function stacksRoutes(listing: StackListing): Route[] {
  const route = (path: string, summary: string, show: (fleet: Fleet, params: Params) => unknown): Route => ({
    method: 'get',
    path,
    access: 'token',
    doc: {
      summary,
      answers: { 200: "in AWS' own words, bare", 304: 'as before (If-None-Match)' },
      // A name that fits two.
      errors: [409],
    },
    handle: async (request): Promise<Reply> => {
      const { params } = request;
      const { fleet, etag, refreshedAt } = await listing.current();
      if (refreshedAt === 0) return { status: 200, json: showNothing(() => show(fleet, params)) };
      const json = show(fleet, params);
      const headers = { ...cacheAge(refreshedAt), ETag: etag, 'Cache-Control': 'no-cache' };
      return isKnown(request.header('if-none-match'), etag) ? { status: 304, headers } : { status: 200, headers, json };
    },
  });
  return [
    route('/stacks', 'The stacks', ({ stacks }) => stacks),
    route('/stacks/:name', 'A stack', (fleet, { name = '' }) => findStack(fleet, name)),
    route('/stacks/:name/layers', 'The layers of a stack', (fleet, { name = '' }) =>
      layersOf(fleet, findStack(fleet, name)),
    ),
    route('/stacks/:stack/layers/:name', 'A layer', (fleet, params) => layerAt(fleet, params['stack'], params['name'])),
    route('/stacks/:stack/layers/:layer/instances', 'The instances of a layer', (fleet, params) =>
      instancesOf(fleet, layerAt(fleet, params['stack'], params['layer'])),
    ),
    route('/stacks/:stack/layers/:layer/instances/:hostname', 'An instance of a layer', (fleet, params) =>
      findInstance(fleet, layerAt(fleet, params['stack'], params['layer']), params['hostname'] ?? ''),
    ),
  ];
}

/** What is asked for may well be there: nobody has looked yet. */
function showNothing(show: () => unknown): unknown {
  try {
    return show();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { kind, code, message } = error;
    throw new AppError(kind, code, `${message} No stacks have been read yet: the mini-worker does that.`);
  }
}

function layerAt(fleet: Fleet, stack = '', layer = ''): Layer {
  return findLayer(fleet, findStack(fleet, stack), layer);
}
