import { setTimeout as sleep } from 'node:timers/promises';
import { Ec2Error } from '../ec2/errors.js';
import { verifySignature, type Credentials } from '../ec2/signature.js';
import type { Faults } from '../faults.js';
import type { Answer, Exchange } from '../http.js';
import type { Records } from '../records.js';
import type { Service } from '../service.js';
import type { DnsAccount } from './account.js';
import type { Action } from './action.js';
import { fromSignature, invalidInput, priorRequestNotComplete, Route53Error, throttling } from './errors.js';
import { createHostedZone, getHostedZone, listHostedZones, listHostedZonesByName } from './hosted-zones.js';
import { changeResourceRecordSets, getChange, listResourceRecordSets } from './record-sets.js';
import type { RateLimit } from './throttle.js';
import { writeErrorResponse } from './xml.js';

export interface Route53Options {
  readonly account: DnsAccount;
  readonly faults: Faults;
  readonly records: Records;
  readonly credentials: Pick<Credentials, 'accessKeyId' | 'secretAccessKey'>;
  /** How long a zone works on a change, in which it takes no other. */
  readonly processMs: number;
  /** Left out: nobody is throttled but by faults. */
  readonly rateLimit: RateLimit | undefined;
}

const PREFIX = '/2013-04-01/';
const CHANGES = 'ChangeResourceRecordSets';
/** Route 53 is one service for the whole world; requests are signed for this region. */
const REGION = 'us-east-1';

interface Route {
  readonly method: string;
  /** After the prefix; its one group is the id. Clients differ in whether they end it with a slash. */
  readonly path: RegExp;
  readonly name: string;
  readonly action: Action;
}

/** Every action that is answered here. One more is one more line and its function. */
const ROUTES: readonly Route[] = [
  { method: 'GET', path: /^hostedzone\/?$/, name: 'ListHostedZones', action: listHostedZones },
  { method: 'POST', path: /^hostedzone\/?$/, name: 'CreateHostedZone', action: createHostedZone },
  { method: 'GET', path: /^hostedzonesbyname\/?$/, name: 'ListHostedZonesByName', action: listHostedZonesByName },
  { method: 'GET', path: /^hostedzone\/([^/]+)\/?$/, name: 'GetHostedZone', action: getHostedZone },
  {
    method: 'GET',
    path: /^hostedzone\/([^/]+)\/rrset\/?$/,
    name: 'ListResourceRecordSets',
    action: listResourceRecordSets,
  },
  { method: 'POST', path: /^hostedzone\/([^/]+)\/rrset\/?$/, name: CHANGES, action: changeResourceRecordSets },
  { method: 'GET', path: /^change\/([^/]+)\/?$/, name: 'GetChange', action: getChange },
];

/** Route 53's REST-XML protocol: `/2013-04-01/…`, told apart by method and path. */
export function createRoute53Service(options: Route53Options): Service {
  /** Zones that work on a change, by id. */
  const busy = new Set<string>();

  async function perform(exchange: Exchange): Promise<Answer> {
    authenticate(exchange, options.credentials);
    options.rateLimit?.spend();
    const { route, id } = find(exchange);
    if (route === undefined) {
      throw new Route53Error('UnknownOperationException', `No operation at ${exchange.method} ${exchange.path}`, 404);
    }
    const prior = route.name === CHANGES && options.faults.strike(['prior-request'], 'route53', route.name);
    if (prior || (route.name === CHANGES && busy.has(id))) throw priorRequestNotComplete();
    const reply = route.action.run({
      account: options.account,
      id,
      query: readQuery(exchange, route.action.query),
      body: exchange.body.toString('utf8'),
      requestId: exchange.requestId,
      record: (details) => options.records.addEffect('route53', route.name, exchange.requestId, details),
    });
    if (reply.changed !== undefined && options.processMs > 0) {
      busy.add(reply.changed.id);
      await sleep(options.processMs).finally(() => busy.delete(id));
    }
    return {
      status: reply.status ?? 200,
      headers: { 'content-type': 'text/xml', ...reply.headers },
      body: reply.body,
      outcome: 'ok',
    };
  }

  return {
    name: 'route53',
    accepts: (exchange) => exchange.path.startsWith(PREFIX),
    actionOf: (exchange) => find(exchange).route?.name ?? '-',
    async answer(exchange) {
      try {
        return await perform(exchange);
      } catch (error) {
        if (error instanceof Route53Error) return refusal(exchange, error);
        throw error;
      }
    },
    refuse(exchange, fault) {
      if (fault.kind === 'throttle') return refusal(exchange, throttling());
      const message = 'We encountered an internal error. Please try again.';
      return refusal(exchange, new Route53Error(fault.code ?? 'InternalFailure', message, fault.status ?? 500));
    },
  };
}

function find(exchange: Exchange): { readonly route: Route | undefined; readonly id: string } {
  const path = exchange.path.slice(PREFIX.length);
  const route = ROUTES.find((candidate) => candidate.method === exchange.method && candidate.path.test(path));
  return { route, id: decode(route?.path.exec(path)?.[1] ?? '') };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What is signed is the path encoded once more, as with every service but S3. */
function authenticate(exchange: Exchange, credentials: Route53Options['credentials']): void {
  const path = exchange.path.split('/').map(encode).join('/');
  try {
    verifySignature({ ...exchange, path }, { ...credentials, region: REGION, service: 'route53' }, Date.now());
  } catch (error) {
    throw error instanceof Ec2Error ? fromSignature(error) : error;
  }
}

function encode(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function readQuery(exchange: Exchange, known: readonly string[]): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(exchange.query)) {
    if (!known.includes(name)) throw invalidInput(`The parameter ${name} is not known to this action`);
    if (query.has(name)) throw invalidInput(`The parameter ${name} is given twice`);
    query.set(name, value);
  }
  return query;
}

function refusal(exchange: Exchange, error: Route53Error): Answer {
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml' },
    body: writeErrorResponse(error.code, error.message, error.status, exchange.requestId),
    outcome: error.code,
  };
}
