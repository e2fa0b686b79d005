import { textOf, type Json } from '../json.js';
import { duplicate, invalid, notSupported, required, type FieldError } from '../status.js';
import { dnsLabelProblem, parseQuantity, portNameProblem, QUANTITIES } from '../syntax.js';

/** `Duplicate value` for each entry that has a field's value which an earlier one has. */
export function checkUnique(entries: readonly Json[], key: string, at: string): FieldError[] {
  return entries.flatMap((entry, index) => {
    const value = entry[key];
    const first = entries.findIndex((other) => other[key] === value);
    return value === undefined || first === index ? [] : [duplicate(`${at}[${index}].${key}`, value)];
  });
}

/** `Unsupported value`, where there is a value and it is none of these. */
export function checkOneOf(value: unknown, supported: readonly string[], at: string): FieldError[] {
  return value === undefined || supported.includes(textOf(value)) ? [] : [notSupported(at, value, supported)];
}

export function checkName(entry: Json, at: string): FieldError[] {
  const name = textOf(entry['name']);
  if (name === '') return [required(`${at}.name`)];
  const problem = dnsLabelProblem(name);
  return problem === undefined ? [] : [invalid(`${at}.name`, name, problem)];
}

export function checkPortNumber(value: unknown, at: string): FieldError[] {
  if (typeof value === 'number' && value >= 1 && value <= 65_535) return [];
  return [invalid(at, value, 'must be between 1 and 65535, inclusive')];
}

/** A number, or the name of a container's port. */
export function checkPortReference(value: unknown, at: string): FieldError[] {
  if (typeof value !== 'string') return checkPortNumber(value, at);
  const problem = portNameProblem(value);
  return problem === undefined ? [] : [invalid(at, value, problem)];
}

export function checkQuantity(value: unknown, at: string): FieldError[] {
  const number = parseQuantity(value);
  if (number === undefined) return [invalid(at, value, QUANTITIES)];
  return number < 0 ? [invalid(at, value, 'must be greater than or equal to 0')] : [];
}
