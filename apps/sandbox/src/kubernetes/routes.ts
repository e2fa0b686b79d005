import { apiVersionOf, KIND_RULES, type KindRule } from './kinds.js';

/** What a path is about. */
export type Route =
  | { readonly at: 'version' }
  | { readonly at: 'collection'; readonly rule: KindRule; readonly namespace: string | undefined }
  | { readonly at: 'object'; readonly rule: KindRule; readonly namespace: string; readonly name: string };

export type ObjectRoute = Extract<Route, { at: 'object' }>;
export type CollectionRoute = Extract<Route, { at: 'collection' }>;

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update';

/** Whether a path is one that the API server, played or not, would have. */
export function isOfKubernetes(path: string): boolean {
  return (
    path === '/version' ||
    path === '/api/v1' ||
    path.startsWith('/api/v1/') ||
    path === '/apis' ||
    path.startsWith('/apis/')
  );
}

/** Undefined for a path that the API server does not have, and for those that are not played: subresources, discovery. */
export function parseRoute(path: string): Route | undefined {
  if (path === '/version') return { at: 'version' };
  for (const rule of KIND_RULES) {
    const prefix = `/${rule.group === '' ? 'api' : 'apis'}/${apiVersionOf(rule)}/`;
    if (!path.startsWith(prefix)) continue;
    const parts = path.slice(prefix.length).split('/').map(decode);
    const [first = '', namespace = '', plural, name = ''] = parts;
    if (parts.length === 1 && first === rule.plural) return { at: 'collection', rule, namespace: undefined };
    if (first !== 'namespaces' || namespace === '' || plural !== rule.plural) continue;
    if (parts.length === 3) return { at: 'collection', rule, namespace };
    if (parts.length === 4 && name !== '') return { at: 'object', rule, namespace, name };
  }
  return undefined;
}

const OF_COLLECTION: Readonly<Record<string, Verb>> = { GET: 'list', POST: 'create', DELETE: 'deletecollection' };
const OF_OBJECT: Readonly<Record<string, Verb>> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** Undefined where the path does not take the method. */
export function verbOf(method: string, route: CollectionRoute | ObjectRoute): Verb | undefined {
  if (route.at === 'object') return OF_OBJECT[method];
  return route.namespace === undefined && method !== 'GET' ? undefined : OF_COLLECTION[method];
}

const WORDS: Readonly<Record<Verb, string>> = {
  create: 'Create',
  delete: 'Delete',
  deletecollection: 'DeleteCollectionOf',
  get: 'Get',
  list: 'List',
  patch: 'Patch',
  update: 'Replace',
};

/** `CreateDeployment`, `ListPods`, `DeleteSecret`; `-` where nothing is asked that there is. */
export function actionOf(method: string, path: string): string {
  const route = parseRoute(path);
  if (route === undefined) return '-';
  if (route.at === 'version') return 'GetVersion';
  const verb = verbOf(method, route);
  if (verb === undefined) return '-';
  const { kind } = route.rule;
  const many = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
  return `${WORDS[verb]}${verb === 'list' || verb === 'deletecollection' ? many : kind}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
