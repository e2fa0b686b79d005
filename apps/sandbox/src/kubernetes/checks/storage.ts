import { isEqual, jsonOf, listOf, stringsOf, textOf, without, type Json } from '../json.js';
import { forbidden, invalid, required, tooLong, type FieldError } from '../status.js';
import { dataKeyProblem, parseQuantity, subdomainProblem } from '../syntax.js';
import { checkOneOf, checkQuantity } from './values.js';
import { checkImmutable } from './metadata.js';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const SECRET_LIMIT = 1_048_576;

export function checkClaim({ spec }: Json): FieldError[] {
  return checkClaimSpec(jsonOf(spec), 'spec');
}

/** Checks what a claim asks for, its own or one in a StatefulSet. */
export function checkClaimSpec(spec: Json, at: string): FieldError[] {
  const modes = listOf(spec['accessModes']);
  const storage = jsonOf(jsonOf(spec['resources'])['requests'])['storage'];
  const storageAt = `${at}.resources[storage]`;
  const className = textOf(spec['storageClassName']);
  const problem = className === '' ? undefined : subdomainProblem(className);
  return [
    ...(modes.length === 0 ? [required(`${at}.accessModes`, 'at least 1 access mode is required')] : []),
    ...modes.flatMap((mode) => checkOneOf(mode, ACCESS_MODES, `${at}.accessModes`)),
    ...(storage === undefined ? [required(storageAt)] : checkQuantity(storage, storageAt)),
    ...(parseQuantity(storage) === 0 ? [invalid(storageAt, storage, 'must be greater than zero')] : []),
    ...checkOneOf(spec['volumeMode'], ['Block', 'Filesystem'], `${at}.volumeMode`),
    ...(problem === undefined ? [] : [invalid(`${at}.storageClassName`, className, problem)]),
  ];
}

/** A claim's storage may grow, and no more. */
export function checkClaimChange(before: Json, after: Json): FieldError[] {
  const [one, other] = [before, after].map(({ spec }) => jsonOf(spec));
  const [fixed, wished] = [one, other].map((spec = {}) => ({
    ...without(spec, 'resources', 'volumeName'),
    limits: jsonOf(spec['resources'])['limits'],
  }));
  const [had, asked] = [one, other].map((spec = {}) => jsonOf(jsonOf(spec['resources'])['requests'])['storage']);
  const words =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  const [size, smaller] = [parseQuantity(had) ?? 0, parseQuantity(asked) ?? 0];
  return [
    ...(isEqual(fixed, wished) ? [] : [forbidden('spec', words)]),
    ...(smaller < size
      ? [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')]
      : []),
  ];
}

export function checkSecret({ data }: Json): FieldError[] {
  const entries = Object.entries(stringsOf(data));
  const size = entries.reduce((sum, [, value]) => sum + Buffer.from(value, 'base64').length, 0);
  return [
    ...entries.flatMap(([key]) => {
      const problem = dataKeyProblem(key);
      return problem === undefined ? [] : [invalid(`data[${key}]`, key, problem)];
    }),
    ...(size > SECRET_LIMIT ? [tooLong('data', SECRET_LIMIT)] : []),
  ];
}

export function checkSecretChange(before: Json, after: Json): FieldError[] {
  return checkImmutable(before, after, ['type']);
}

/** The first value of a Secret that is not base64; what cannot be decoded never gets as far as the checks. */
export function findBadBase64({ data }: Json): string | undefined {
  const bad = Object.entries(stringsOf(data)).find(([, value]) => !isBase64(value));
  return bad?.[0];
}

function isBase64(value: string): boolean {
  return value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}
