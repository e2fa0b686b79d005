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
import { cacheAge } from './instances.js';

type Params = ApiRequest['params'];

/** The six `GET /stacks…`: what is there, in AWS' own words, as bare arrays and objects. */
export function stacksRoutes(listing: StackListing): Route[] {
  const route = (path: string, show: (fleet: Fleet, params: Params) => unknown): Route => ({
    method: 'get',
    path,
    access: 'token',
    handle: async ({ params }): Promise<Reply> => {
      const { fleet, refreshedAt } = await listing.current();
      try {
        return { status: 200, headers: cacheAge(refreshedAt), json: show(fleet, params) };
      } catch (error) {
        if (refreshedAt !== 0 || !(error instanceof AppError)) throw error;
        throw new AppError(
          error.kind,
          error.code,
          `${error.message} No stacks have been read yet: the mini-worker does that.`,
        );
      }
    },
  });
  return [
    route('/stacks', ({ stacks }) => stacks),
    route('/stacks/:name', (fleet, { name = '' }) => findStack(fleet, name)),
    route('/stacks/:name/layers', (fleet, { name = '' }) => layersOf(fleet, findStack(fleet, name))),
    route('/stacks/:stack/layers/:name', (fleet, params) => layerAt(fleet, params['stack'], params['name'])),
    route('/stacks/:stack/layers/:layer/instances', (fleet, params) =>
      instancesOf(fleet, layerAt(fleet, params['stack'], params['layer'])),
    ),
    route('/stacks/:stack/layers/:layer/instances/:hostname', (fleet, params) =>
      findInstance(fleet, layerAt(fleet, params['stack'], params['layer']), params['hostname'] ?? ''),
    ),
  ];
}

function layerAt(fleet: Fleet, stack = '', layer = ''): Layer {
  return findLayer(fleet, findStack(fleet, stack), layer);
}
