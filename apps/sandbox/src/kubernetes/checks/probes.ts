import { isJson, jsonOf, textOf, type Json } from '../json.js';
import { forbidden, invalid, required, type FieldError } from '../status.js';
import { checkOneOf, checkPortReference } from './values.js';

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const HANDLERS = ['exec', 'grpc', 'httpGet', 'tcpSocket'];
const NUMBERS = ['failureThreshold', 'initialDelaySeconds', 'periodSeconds', 'successThreshold', 'timeoutSeconds'];

/** Checks the probes of a container and what it does at its start and end. */
export function checkProbes(container: Json, at: string): FieldError[] {
  const probes = PROBES.flatMap((key) => {
    const probe = container[key];
    return isJson(probe) ? checkProbe(probe, `${at}.${key}`, key) : [];
  });
  const lifecycle = Object.entries(jsonOf(container['lifecycle'])).flatMap(([key, handler]) =>
    isJson(handler) ? checkHandler(handler, `${at}.lifecycle.${key}`) : [],
  );
  return [...probes, ...lifecycle];
}

function checkProbe(probe: Json, at: string, key: string): FieldError[] {
  const numbers = NUMBERS.flatMap((name) => {
    const value = probe[name];
    if (typeof value !== 'number' || value >= 0) return [];
    return [invalid(`${at}.${name}`, value, 'must be greater than or equal to 0')];
  });
  const successes = probe['successThreshold'];
  const one = key !== 'readinessProbe' && typeof successes === 'number' && successes > 1;
  return [
    ...checkHandler(probe, at),
    ...numbers,
    ...(one ? [invalid(`${at}.successThreshold`, successes, 'must be 1')] : []),
  ];
}

function checkHandler(handler: Json, at: string): FieldError[] {
  const [first, ...more] = HANDLERS.filter((name) => handler[name] !== undefined);
  if (first === undefined) {
    return handler['sleep'] === undefined ? [required(at, 'must specify a handler type')] : [];
  }
  const asked = jsonOf(handler[first]);
  const port = first === 'exec' ? [] : checkPortReference(asked['port'], `${at}.${first}.port`);
  return [
    ...more.map((name) => forbidden(`${at}.${name}`, 'may not specify more than 1 handler type')),
    ...port,
    ...(first === 'httpGet' ? checkOneOf(asked['scheme'], ['HTTP', 'HTTPS'], `${at}.httpGet.scheme`) : []),
    ...(first === 'httpGet' && textOf(asked['path'] ?? '/') === '' ? [required(`${at}.httpGet.path`)] : []),
    ...(first === 'exec' && !Array.isArray(asked['command']) ? [required(`${at}.exec.command`)] : []),
  ];
}
