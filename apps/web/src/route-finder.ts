/** Where a route is. */
export interface Place {
  /** In capitals. */
  readonly method: string;
  /** As Express spells it: `/instances/:id`. */
  readonly path: string;
}

export interface Found<T> {
  readonly place: T;
  readonly params: Readonly<Record<string, string>>;
}

/** Paths that mean the same to everybody: nothing encoded, nothing empty, no slash at the end. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9._~-]+)+$/;

const NO_PARAMS = {};

/**
 * Makes a function that finds the route of a request in its plain spelling; `undefined` where that takes more than a look.
 * A path that fits two routes goes to the one that is named first, as in Express.
 */
export function createRouteFinder<T extends Place>(
  places: readonly T[],
): (method: string, path: string) => Found<T> | undefined {
  const all = places.map((place) => ({ place, names: place.path.split('/') }));
  const search = (method: string, path: string): Found<T> | undefined => {
    if (!PLAIN_PATH.test(path)) return undefined;
    const parts = path.split('/');
    const found = all.find((known) => known.place.method === method && isAt(known.names, parts));
    return found === undefined ? undefined : { place: found.place, params: readParams(found.names, parts) };
  };
  const wholePaths = all.filter(({ names }) => !names.some(isParam));
  const direct = new Map(wholePaths.map(({ place: { method, path } }) => [`${method} ${path}`, search(method, path)]));
  return (method, path) => direct.get(`${method} ${path}`) ?? search(method, path);
}

const isParam = (name: string): boolean => name.startsWith(':');

function isAt(names: readonly string[], parts: readonly string[]): boolean {
  return names.length === parts.length && names.every((name, i) => name === parts[i] || isParam(name));
}

function readParams(names: readonly string[], parts: readonly string[]): Record<string, string> {
  if (!names.some(isParam)) return NO_PARAMS;
  const params: Record<string, string> = {};
  for (const [i, name] of names.entries()) if (isParam(name)) params[name.slice(1)] = parts[i] ?? '';
  return params;
}
