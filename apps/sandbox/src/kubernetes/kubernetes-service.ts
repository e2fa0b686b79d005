import { timingSafeEqual } from 'node:crypto';
import type { Answer, Exchange } from '../http.js';
import type { Records } from '../records.js';
import type { Service } from '../service.js';
import type { KubernetesRuntime, ObjectStore } from './objects.js';
import { subjectOf } from './prepare.js';
import { assertJsonIsWanted, readQuery } from './requests.js';
import { actionOf, isOfKubernetes, parseRoute, verbOf } from './routes.js';
import {
  answerOf,
  methodNotAllowed,
  noSuchPath,
  notSupportedFor,
  refusalOf,
  StatusError,
  tooManyRequests,
  unauthorized,
} from './status.js';
import { createObject, deleteOne, getObject, listObjects, patchObject, replaceObject } from './verbs.js';

export interface KubernetesOptions {
  readonly store: ObjectStore;
  readonly clusterIpFor: KubernetesRuntime['clusterIpFor'];
  readonly records: Records;
  readonly now: () => number;
  /** Those that there are; nobody makes more. */
  readonly namespaces: readonly string[];
  /** The only bearer token that is known. Left out: everybody may do everything. */
  readonly token?: string;
}

/** What a throttled client is told to wait where the fault does not say. */
const RETRY_AFTER_MS = 1000;

/** The API server of Kubernetes, as far as `kinds.ts` goes: create, get, list, replace, merge patch, delete. */
export function createKubernetesService(options: KubernetesOptions): Service {
  const { store, clusterIpFor, records, now, namespaces, token } = options;

  function perform(exchange: Exchange): Answer {
    if (token !== undefined && !isToken(exchange.headers.authorization ?? '', token)) throw unauthorized();
    const { method } = exchange;
    const route = parseRoute(exchange.path);
    if (route === undefined) throw noSuchPath();
    assertJsonIsWanted(exchange);
    if (route.at === 'version') {
      if (method !== 'GET') throw methodNotAllowed();
      return answerOf(VERSION);
    }
    const verb = verbOf(method, route);
    if (verb === undefined) throw methodNotAllowed();
    const watches = new URLSearchParams(exchange.query).get('watch');
    if (verb === 'list' && watches !== null && watches !== 'false')
      throw notSupportedFor('watch', subjectOf(route.rule));
    if (verb === 'deletecollection') throw notSupportedFor('deletecollection', subjectOf(route.rule));
    const call = {
      store,
      clusterIpFor,
      now,
      namespaces,
      exchange,
      query: readQuery(exchange, verb),
      record: ({ kind, metadata: { name, namespace } }: Parameters<Parameters<typeof getObject>[0]['record']>[0]) =>
        records.addEffect('kubernetes', actionOf(method, exchange.path), exchange.requestId, { kind, namespace, name }),
    };
    if (route.at === 'collection') {
      return verb === 'create' ? createObject({ ...call, route }) : listObjects({ ...call, route });
    }
    if (verb === 'get') return getObject({ ...call, route });
    if (verb === 'update') return replaceObject({ ...call, route });
    return verb === 'patch' ? patchObject({ ...call, route }) : deleteOne({ ...call, route });
  }

  return {
    name: 'kubernetes',
    accepts: (exchange) => isOfKubernetes(exchange.path),
    actionOf: (exchange) => actionOf(exchange.method, exchange.path),
    answer(exchange) {
      try {
        return perform(exchange);
      } catch (error) {
        if (error instanceof StatusError) return refusalOf(error);
        throw error;
      }
    },
    refuse(_exchange, fault) {
      if (fault.kind === 'throttle') return refusalOf(tooManyRequests(Math.ceil((fault.ms ?? RETRY_AFTER_MS) / 1000)));
      const message = 'Internal error occurred: the sandbox was asked to fail';
      return refusalOf(new StatusError(fault.status ?? 500, fault.code ?? 'InternalError', message, {}));
    },
  };
}

const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0-sandbox',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2025-08-27T00:00:00Z',
  goVersion: 'go1.24.6',
  compiler: 'gc',
  platform: 'linux/amd64',
};

function isToken(header: string, token: string): boolean {
  const [given, known] = [header, `Bearer ${token}`].map((text) => Buffer.from(text));
  return given !== undefined && known !== undefined && given.length === known.length && timingSafeEqual(given, known);
}
