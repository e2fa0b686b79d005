import type { AutoScaling } from '../ec2/auto-scaling.js';
import type { CloudInit } from '../ec2/cloud-init.js';
import { Ec2Error } from '../ec2/errors.js';
import { verifySignature, type Credentials } from '../ec2/signature.js';
import type { World } from '../ec2/world.js';
import type { Faults } from '../faults.js';
import type { Answer, Exchange } from '../http.js';
import type { Records } from '../records.js';
import type { Service } from '../service.js';
import { ACTIONS } from './actions.js';
import { fromSignature, OpsWorksError } from './errors.js';
import { readBody } from './parameters.js';

const TARGET = 'OpsWorks_20130218.';
const CONTENT_TYPE = 'application/x-amz-json-1.1';

export interface OpsWorksOptions {
  /** Asked anew for every request: a reset makes a new world. */
  readonly world: () => World;
  readonly faults: Faults;
  readonly records: Records;
  readonly cloudInit: CloudInit;
  readonly autoScaling: AutoScaling;
  readonly credentials: Credentials;
}

/** OpsWorks' AWS JSON 1.1 protocol: `POST /` as with EC2, told apart by the header that names the action. */
export function createOpsWorksService(options: OpsWorksOptions): Service {
  return {
    name: 'opsworks',
    accepts: (exchange) => exchange.path === '/' && exchange.method === 'POST' && targetOf(exchange).startsWith(TARGET),
    actionOf: (exchange) => targetOf(exchange).slice(TARGET.length) || '-',
    answer(exchange) {
      try {
        return perform(exchange, options);
      } catch (error) {
        if (error instanceof OpsWorksError) return refusal(error);
        throw error;
      }
    },
    refuse(_exchange, fault) {
      if (fault.kind === 'throttle') return refusal(new OpsWorksError('ThrottlingException', 'Rate exceeded'));
      const message = 'The request processing has failed because of an unknown error, exception or failure.';
      return refusal(new OpsWorksError(fault.code ?? 'InternalFailure', message, fault.status ?? 500));
    },
  };
}

function perform(exchange: Exchange, options: OpsWorksOptions): Answer {
  authenticate(exchange, options.credentials);
  const name = targetOf(exchange).slice(TARGET.length);
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) throw new OpsWorksError('UnknownOperationException', `Unknown operation ${name}`);
  const type = exchange.headers['content-type'] ?? '';
  if (type !== CONTENT_TYPE) throw new OpsWorksError('SerializationException', `${type} is not ${CONTENT_TYPE}`);

  const { world, faults, records, cloudInit, autoScaling } = options;
  const result = action.run(readBody(action.parameters, exchange.body) as never, {
    world: world(),
    faults,
    cloudInit,
    autoScaling,
    record: (details) => records.addEffect('opsworks', name, exchange.requestId, details),
  });
  // "The service sends back an HTTP 200 response with an empty HTTP body" where there is nothing to tell.
  const body = result === undefined ? '' : JSON.stringify(result);
  return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body, outcome: 'ok' };
}

function authenticate(exchange: Exchange, credentials: Credentials): void {
  try {
    verifySignature(exchange, credentials, Date.now());
  } catch (error) {
    throw error instanceof Ec2Error ? fromSignature(error) : error;
  }
}

function targetOf(exchange: Exchange): string {
  const target = exchange.headers['x-amz-target'];
  return typeof target === 'string' ? target : '';
}

function refusal(error: OpsWorksError): Answer {
  return {
    status: error.status,
    headers: { 'content-type': CONTENT_TYPE },
    body: JSON.stringify({ __type: error.code, message: error.message }),
    outcome: error.code,
  };
}
