import { isJson } from './json.js';
import { badRequest, invalidObject, notSupported, required, type FieldError, type Subject } from './status.js';
import { QUANTITIES } from './syntax.js';

/** What `kubernetes-models` gives of a kind: it throws with `errors` where `this` does not follow the official schema. */
export interface Model {
  readonly prototype: { readonly validate: (this: void) => void };
}

interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: {
    readonly missingProperty?: string;
    readonly format?: string;
    readonly allowedValues?: readonly string[];
  };
  readonly message?: string;
}

interface Visited {
  readonly path: string;
  readonly keys: readonly string[];
  readonly read: Set<string>;
}

/**
 * Throws as the API server does where an object does not follow its schema: a wrong type or (under strict field validation,
 * which is what is always played) an unknown field cannot be decoded, 400; a missing field, and a word that is none of those
 * that may stand there, is invalid, 422.
 */
export function checkSchema(model: Model, version: string, subject: Subject, object: unknown): void {
  const visited: Visited[] = [];
  const errors = validate(model, watched(object, '', visited));
  const cannot = `${subject.kind} in version "${version}" cannot be handled as a ${subject.kind}:`;
  const [wrong] = errors.filter(({ keyword }) => keyword !== 'required' && keyword !== 'enum');
  if (wrong !== undefined) throw badRequest(`${cannot} ${undecodable(object, wrong, errors)}`);
  // The compiled schema asks an object for each field that it knows, so that what it never asked for is unknown to it.
  const unknown = visited.flatMap(({ path, keys, read }) =>
    keys.filter((key) => !read.has(key)).map((key) => `unknown field "${fieldOf(`${path}/${key}`)}"`),
  );
  if (unknown.length > 0) throw badRequest(`${cannot} strict decoding error: ${unknown.join(', ')}`);
  const faults = errors.map((error) => faultOf(object, error));
  if (faults.length > 0) throw invalidObject(subject, faults);
}

/** Of what can be decoded and is no good. */
function faultOf(object: unknown, { instancePath, keyword, params }: SchemaError): FieldError {
  if (keyword === 'required') return required(fieldOf(`${instancePath}/${params.missingProperty ?? ''}`));
  return notSupported(fieldOf(instancePath), valueAt(object, instancePath), params.allowedValues ?? []);
}

function undecodable(
  object: unknown,
  { instancePath, message, keyword }: SchemaError,
  all: readonly SchemaError[],
): string {
  const isQuantity = all.some((error) => error.instancePath === instancePath && error.params.format === 'quantity');
  if (isQuantity) return QUANTITIES;
  const value = valueAt(object, instancePath);
  const type = Array.isArray(value) ? 'array' : typeof value;
  return `json: cannot unmarshal ${type} into field ${fieldOf(instancePath)}: ${message ?? keyword}`;
}

function validate(model: Model, object: unknown): readonly SchemaError[] {
  try {
    Reflect.apply(model.prototype.validate, object, []);
    return [];
  } catch (error) {
    if (error instanceof Error && 'errors' in error && Array.isArray(error.errors))
      return error.errors as SchemaError[];
    throw error;
  }
}

/** The same value, which notes what is read of it. */
function watched(value: unknown, path: string, visited: Visited[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const read = new Set<string>();
  const kept = new Map<string, unknown>();
  if (isJson(value)) visited.push({ path, keys: Object.keys(value), read });
  return new Proxy(value, {
    get(target, key): unknown {
      const found: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol') return found;
      read.add(key);
      if (!kept.has(key)) kept.set(key, watched(found, `${path}/${key}`, visited));
      return kept.get(key);
    },
  });
}

/** `/spec/containers/0/name` → `spec.containers[0].name`. */
function fieldOf(pointer: string): string {
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`))
    .join('');
}

function valueAt(object: unknown, pointer: string): unknown {
  let value = object;
  for (const part of pointer.slice(1).split('/')) {
    if (part !== '' && typeof value === 'object' && value !== null)
      value = Reflect.get(value, part.replaceAll('~1', '/'));
  }
  return value;
}
