import { createRouteFinder } from './route-finder.js';

const place = (method: string, path: string): { method: string; path: string } => ({ method, path });
const LIST = place('GET', '/instances');
const ONE = place('GET', '/instances/:id');
const REMOVE = place('DELETE', '/instances/:id');
const NAMED_LATER = place('GET', '/instances/summary');
const NESTED = place('GET', '/stacks/:stack/layers/:layer');

describe('finding a route', () => {
  const find = createRouteFinder([LIST, ONE, REMOVE, NAMED_LATER, NESTED]);

  it('goes by method and path, and reads the parameters', () => {
    expect(find('GET', '/instances')).toEqual({ place: LIST, params: {} });
    expect(find('GET', '/instances/i-1')).toEqual({ place: ONE, params: { id: 'i-1' } });
    expect(find('DELETE', '/instances/i-1')).toEqual({ place: REMOVE, params: { id: 'i-1' } });
    expect(find('GET', '/stacks/web/layers/db')).toEqual({ place: NESTED, params: { stack: 'web', layer: 'db' } });
  });

  it('takes the one that is named first where two fit', () => {
    expect(find('GET', '/instances/summary')).toEqual({ place: ONE, params: { id: 'summary' } });
  });

  it.each([
    '/',
    '',
    '/instances/',
    '//instances',
    '/instances/%69-1',
    '/instances/:id',
    '/Instances',
    '/other',
    'instances',
  ])('leaves %j to Express', (path) => expect(find('GET', path)).toBeUndefined());

  it('leaves methods that no route has to Express', () => {
    expect(find('HEAD', '/instances')).toBeUndefined();
    expect(find('POST', '/instances')).toBeUndefined();
    expect(find('GET GET', '/instances')).toBeUndefined();
  });
});
