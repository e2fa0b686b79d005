import { OpsWorksError } from './errors.js';

export type Shape = 'string' | 'strings' | 'boolean';

type Parsed<S> = S extends 'string' ? string : S extends 'strings' ? readonly string[] : boolean;

/** The typed form of a body that was read against shapes. `null` counts as left out. */
export type Parameters<F extends Readonly<Record<string, Shape>>> = {
  readonly [K in keyof F]?: Parsed<F[K]> | undefined;
};

/** Reads an AWS JSON 1.1 body. Throws `SerializationException` for what does not fit or is not known. */
export function readBody<const F extends Readonly<Record<string, Shape>>>(fields: F, body: Buffer): Parameters<F> {
  const members = readObject(body);
  for (const [name, value] of Object.entries(members)) {
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (shape === undefined) throw serialization(`Unknown member ${name}`);
    if (value !== null && !fits(shape, value)) throw serialization(`${name} is not of type ${shape}`);
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as Parameters<F>;
}

function readObject(body: Buffer): object {
  // The SDKs send `{}`; an empty body is as good.
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw serialization('The body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw serialization('Start of structure');
  return value;
}

function fits(shape: Shape, value: unknown): boolean {
  if (shape !== 'strings') return typeof value === shape;
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function serialization(message: string): OpsWorksError {
  return new OpsWorksError('SerializationException', message);
}
