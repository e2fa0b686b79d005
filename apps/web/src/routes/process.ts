import type { Route } from '../api.js';

export interface ProcessParts {
  readonly version: string;
  readonly shutDown: () => void;
}

const text = { 'Content-Type': 'text/plain; charset=utf-8' };

/** What concerns this process itself: greeting, shutdown, and a panic on purpose. */
export function processRoutes({ version, shutDown }: ProcessParts): Route[] {
  return [
    {
      method: 'get',
      path: '/',
      access: 'public',
      doc: { summary: 'A greeting, with the version', answers: { 200: { says: 'text', types: ['text/plain'] } } },
      handle: () =>
        Promise.resolve({
          status: 200,
          headers: text,
          content: `Ahoy! This is Quartermaster ${version}. See docs/api.md.\n`,
        }),
    },
    {
      method: 'delete',
      path: '/',
      access: 'admin',
      doc: { summary: 'Stop this process in good order', answers: { 204: 'it stops' } },
      handle: () => Promise.resolve({ status: 204, after: shutDown }),
    },
    {
      method: 'post',
      path: '/kaboom',
      access: 'admin',
      doc: { summary: 'A panic on purpose: always 500', answers: {} },
      handle: () => Promise.reject(new Error('Kaboom: a panic that was asked for')),
    },
  ];
}
