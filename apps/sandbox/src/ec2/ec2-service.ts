import type { Faults } from '../faults.js';
import type { Answer, Exchange } from '../http.js';
import type { Records } from '../records.js';
import type { Service } from '../service.js';
import type { Call } from './action.js';
import { ACTIONS } from './actions.js';
import type { AutoScaling } from './auto-scaling.js';
import type { CloudInit } from './cloud-init.js';
import { Ec2Error, missingParameter } from './errors.js';
import { parseParameters } from './parameters.js';
import { verifySignature, type Credentials } from './signature.js';
import { requestLimitExceeded, type Throttle } from './throttle.js';
import type { World } from './world.js';
import { writeErrorResponse, writeResponse } from './xml.js';

const VERSION = '2016-11-15';

export interface Ec2Options {
  /** Asked anew for every request: a reset makes a new world. */
  readonly world: () => World;
  readonly faults: Faults;
  readonly records: Records;
  readonly cloudInit: CloudInit;
  readonly autoScaling: AutoScaling;
  readonly credentials: Credentials;
  readonly instanceLimit: number;
  /** Left out: nobody is throttled but by faults. */
  readonly throttle: Throttle | undefined;
}

/** EC2's query protocol: `POST /` with a form that names an action. */
export function createEc2Service(options: Ec2Options): Service {
  return {
    name: 'ec2',
    accepts: (exchange) => exchange.path === '/' && exchange.method === 'POST',
    actionOf: (exchange) => new URLSearchParams(exchange.body.toString('utf8')).get('Action') ?? '-',
    answer(exchange) {
      try {
        return perform(exchange, options);
      } catch (error) {
        if (error instanceof Ec2Error) return refusal(exchange, error);
        throw error;
      }
    },
    refuse(exchange, fault) {
      if (fault.kind === 'throttle') {
        return refusal(exchange, requestLimitExceeded());
      }
      const code = fault.code ?? 'InternalError';
      return refusal(exchange, new Ec2Error(code, 'An internal error has occurred', fault.status ?? 500));
    },
  };
}

function perform(exchange: Exchange, options: Ec2Options): Answer {
  const world = options.world();
  verifySignature(exchange, options.credentials, Date.now());
  const parameters = readForm(exchange);

  const name = parameters.get('Action');
  if (name === undefined || name === '') throw new Ec2Error('MissingAction', 'The request is missing an action');
  const version = parameters.get('Version');
  if (version === undefined) throw missingParameter('Version');
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (version !== VERSION) {
    throw new Ec2Error('NoSuchVersion', `The requested version (${version}) of service AmazonEC2 does not exist`);
  }
  if (action === undefined) {
    throw new Ec2Error('InvalidAction', `The action ${name} is not valid for this web service.`);
  }
  options.throttle?.spend(name, parameters);
  for (const taken of ['Action', 'Version']) parameters.delete(taken);

  const { DryRun: dryRun = false, ...given } = parseParameters({ ...action.parameters, DryRun: 'boolean' }, parameters);
  const call: Call = {
    world,
    faults: options.faults,
    cloudInit: options.cloudInit,
    autoScaling: options.autoScaling,
    instanceLimit: options.instanceLimit,
    requestId: exchange.requestId,
    proceed() {
      if (dryRun) throw dryRunOperation();
    },
    record: (details) => options.records.addEffect('ec2', name, exchange.requestId, details),
  };
  const result = action.run(given as never, call);
  // An action that changes nothing never came to `proceed`.
  if (dryRun) throw dryRunOperation();
  return {
    status: 200,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body: writeResponse(name, exchange.requestId, result),
    outcome: 'ok',
  };
}

function dryRunOperation(): Ec2Error {
  return new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
}

function readForm(exchange: Exchange): Map<string, string> {
  const type = exchange.headers['content-type'] ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    throw new Ec2Error('MalformedQueryString', 'The request body is not application/x-www-form-urlencoded');
  }
  const form = new URLSearchParams(exchange.body.toString('utf8'));
  const parameters = new Map<string, string>();
  for (const [name, value] of form) {
    if (parameters.has(name)) throw new Ec2Error('MalformedQueryString', `The parameter ${name} is given twice`);
    parameters.set(name, value);
  }
  return parameters;
}

function refusal(exchange: Exchange, error: Ec2Error): Answer {
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body: writeErrorResponse(error.code, error.message, exchange.requestId),
    outcome: error.code,
  };
}
