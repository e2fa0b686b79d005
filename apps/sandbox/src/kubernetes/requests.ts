import type { Exchange } from '../http.js';
import { isJson, jsonOf, textOf, type Json } from './json.js';
import { apiVersionOf, type KindRule } from './kinds.js';
import type { Propagation } from './deletion.js';
import {
  badRequest,
  invalidObject,
  notAcceptable,
  notSupported,
  unsupportedMediaType,
  type Subject,
} from './status.js';

const ACCEPTED = ['application/json'];
export const PATCH_TYPE = 'application/merge-patch+json';
/** The others that the real server takes are not played. */
const PATCH_TYPES = [PATCH_TYPE];

/** Throws where the caller wants something else than JSON. */
export function assertJsonIsWanted({ headers }: Exchange): void {
  const wanted = (headers.accept ?? '*/*').split(',').map((part) => part.split(';')[0]?.trim());
  if (!wanted.some((type) => type === '*/*' || type === 'application/*' || type === 'application/json')) {
    throw notAcceptable(ACCEPTED);
  }
}

/** Reads an object that was sent, without its nulls. What is left out of `apiVersion` and `kind` is as the path says. */
export function readObject(exchange: Exchange, rule: KindRule): Json {
  assertMediaType(exchange, ACCEPTED);
  const apiVersion = apiVersionOf(rule);
  const { kind } = rule;
  const sent: Json = { apiVersion, kind, ...readJsonObject(exchange) };
  if (sent['apiVersion'] !== apiVersion) {
    const said = textOf(sent['apiVersion']);
    throw badRequest(`the API version in the data (${said}) does not match the expected API version (${apiVersion})`);
  }
  if (sent['kind'] !== kind) {
    const said = textOf(sent['kind']);
    throw badRequest(
      `${said} in version "${rule.version}" cannot be handled as a ${kind}: no kind "${said}" is expected here`,
    );
  }
  return sent;
}

/** Reads a JSON merge patch. */
export function readPatch(exchange: Exchange): Json {
  assertMediaType(exchange, PATCH_TYPES);
  return readJsonObject(exchange);
}

export interface DeleteWish {
  readonly propagation?: Propagation;
  readonly grace?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

const DELETE_FIELDS = ['apiVersion', 'gracePeriodSeconds', 'kind', 'preconditions', 'propagationPolicy'];
const PROPAGATIONS: readonly Propagation[] = ['Foreground', 'Background', 'Orphan'];
const OPTIONS: Subject = { group: 'meta.k8s.io', kind: 'DeleteOptions', plural: 'deleteoptions', name: '' };

/** Reads `DeleteOptions`. As with the real server, the query is not looked at where there is a body. */
export function readDeleteWish(exchange: Exchange, query: URLSearchParams): DeleteWish {
  if (exchange.body.length === 0) {
    const seconds = query.get('gracePeriodSeconds');
    return readWish({
      propagationPolicy: query.get('propagationPolicy') ?? undefined,
      gracePeriodSeconds: seconds === null ? undefined : Number(seconds),
    });
  }
  assertMediaType(exchange, ACCEPTED);
  const body = readJsonObject(exchange);
  if (body['kind'] !== undefined && body['kind'] !== 'DeleteOptions') {
    throw badRequest(`expected kind DeleteOptions, got ${textOf(body['kind'])}`);
  }
  const unknown = Object.keys(body).filter((key) => !DELETE_FIELDS.includes(key));
  if (unknown.length > 0) throw badRequest(`strict decoding error: unknown field "${unknown.join('", "')}"`);
  return readWish(body);
}

function readWish(options: Json): DeleteWish {
  const { propagationPolicy, gracePeriodSeconds, preconditions } = options;
  const propagation = PROPAGATIONS.find((known) => known === propagationPolicy);
  if (propagationPolicy !== undefined && propagation === undefined) {
    const error = notSupported('propagationPolicy', propagationPolicy, [...PROPAGATIONS, 'nil']);
    throw invalidObject(OPTIONS, [error]);
  }
  const whole = gracePeriodSeconds === undefined || Number.isInteger(gracePeriodSeconds);
  if (!whole || Number(gracePeriodSeconds ?? 0) < 0) throw badRequest('gracePeriodSeconds must be a whole number');
  const { uid, resourceVersion } = jsonOf(preconditions);
  return {
    ...(propagation === undefined ? {} : { propagation }),
    ...(gracePeriodSeconds === undefined ? {} : { grace: Number(gracePeriodSeconds) }),
    ...(uid === undefined ? {} : { uid: textOf(uid) }),
    ...(resourceVersion === undefined ? {} : { resourceVersion: textOf(resourceVersion) }),
  };
}

/** What any request may say besides; all of it means nothing here. */
const ALWAYS = ['pretty'];
const WRITING = ['fieldManager', 'fieldValidation'];
const DELETING = ['gracePeriodSeconds', 'propagationPolicy'];
const LISTING = ['labelSelector', 'resourceVersion', 'resourceVersionMatch', 'timeoutSeconds'];
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  create: [...ALWAYS, ...WRITING],
  update: [...ALWAYS, ...WRITING],
  patch: [...ALWAYS, ...WRITING],
  delete: [...ALWAYS, ...DELETING],
  get: [...ALWAYS, 'resourceVersion'],
  list: [...ALWAYS, ...LISTING],
};

/** Reads the query. Throws for what the real server knows and this one does not play, and for what neither knows. */
export function readQuery({ query }: Exchange, verb: string): URLSearchParams {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of parameters) {
    const harmless = value === '' || value === 'false' || (name === 'limit' && value === '0');
    if (KNOWN[verb]?.includes(name) === true || harmless) continue;
    throw badRequest(name === 'fieldSelector' ? `field label not supported: ${value}` : `${name} is not supported`);
  }
  return parameters;
}

function assertMediaType({ headers }: Exchange, accepted: readonly string[]): void {
  const type = (headers['content-type'] ?? ACCEPTED[0] ?? '').split(';')[0]?.trim() ?? '';
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
}

function readJsonObject({ body }: Exchange): Json {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest("couldn't get version/kind; json parse error: the body is not JSON");
  }
  if (!isJson(value)) throw badRequest("couldn't get version/kind; json parse error: the body is not an object");
  return value;
}
