import Joi from 'joi';
import type { ImageCache } from '@quartermaster/stores';
import type { Route } from '../api.js';
import { filterValue, validateQuery } from '../validate.js';
import { cacheAge } from './instances.js';

const filterQuery = Joi.object<{ role?: string; active?: boolean }>({
  role: filterValue,
  active: Joi.boolean().empty(''),
});

/** `GET /images`: the images of every role; of several active ones of a role only the newest is shown active. */
export function imagesRoute(cache: ImageCache): Route {
  return {
    method: 'get',
    path: '/images',
    access: 'token',
    doc: {
      summary: 'The images; of several active ones of a role only the newest is shown active',
      query: [filterQuery],
      answers: { 200: 'all that match' },
    },
    handle: async ({ query }) => {
      const { role, active } = validateQuery(filterQuery, query);
      const { meta, images } = await cache.load();
      const shown = images.filter(
        (image) => (role === undefined || image.role === role) && (active === undefined || image.active === active),
      );
      return { status: 200, headers: cacheAge(meta.refreshed_at), json: { images: shown } };
    },
  };
}
