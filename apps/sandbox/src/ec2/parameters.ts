import { Ec2Error, invalidValue } from './errors.js';

/** What an action takes, as data: EC2's query form `TagSpecification.1.Tag.2.Key` read against it. */
export type Shape =
  'string' | 'integer' | 'boolean' | { readonly list: Shape } | { readonly fields: Readonly<Record<string, Shape>> };

/** The typed form of what a shape describes. */
export type Parsed<S> = S extends 'string'
  ? string
  : S extends 'integer'
    ? number
    : S extends 'boolean'
      ? boolean
      : S extends { readonly list: infer I }
        ? Parsed<I>[]
        : S extends { readonly fields: infer F }
          ? { readonly [K in keyof F]?: Parsed<F[K]> | undefined }
          : never;

type Tree = Map<string, Tree | string>;

/** Reads flat parameters. Throws `UnknownParameter` for whatever the shape does not name. */
export function parseParameters<const F extends Readonly<Record<string, Shape>>>(
  fields: F,
  parameters: ReadonlyMap<string, string>,
): Parsed<{ readonly fields: F }> {
  const tree: Tree = new Map();
  for (const [name, value] of parameters) plant(tree, name.split('.'), value, name);
  return readShape({ fields }, tree, '') as Parsed<{ readonly fields: F }>;
}

function plant(tree: Tree, path: readonly string[], value: string, fullName: string): void {
  const [name = '', ...rest] = path;
  const existing = tree.get(name);
  if (rest.length === 0) {
    if (existing !== undefined) throw unknown(fullName);
    tree.set(name, value);
    return;
  }
  if (typeof existing === 'string') throw unknown(fullName);
  const branch: Tree = existing ?? new Map<string, Tree | string>();
  tree.set(name, branch);
  plant(branch, rest, value, fullName);
}

function readShape(shape: Shape, node: Tree | string, name: string): unknown {
  if (typeof shape === 'string') {
    if (typeof node !== 'string') throw unknown(`${name}.${firstPath(node)}`);
    return readScalar(shape, node, name);
  }
  if (typeof node === 'string') {
    // The SDKs send an empty list as `Name=`.
    if ('list' in shape && node === '') return [];
    throw unknown(name);
  }
  if ('list' in shape) return readList(shape.list, node, name);
  const result: Record<string, unknown> = {};
  for (const [key, child] of node) {
    const childName = name === '' ? key : `${name}.${key}`;
    const childShape = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (childShape === undefined)
      throw unknown(typeof child === 'string' ? childName : `${childName}.${firstPath(child)}`);
    result[key] = readShape(childShape, child, childName);
  }
  return result;
}

function readList(item: Shape, node: Tree, name: string): unknown[] {
  const entries = [...node].map(([key, child]) => {
    if (!/^[1-9]\d{0,4}$/.test(key)) throw unknown(`${name}.${key}`);
    return { index: Number(key), child };
  });
  return entries
    .sort((left, right) => left.index - right.index)
    .map(({ index, child }) => readShape(item, child, `${name}.${index}`));
}

function readScalar(shape: 'string' | 'integer' | 'boolean', value: string, name: string): unknown {
  if (shape === 'string') return value;
  if (shape === 'integer') {
    if (!/^-?\d{1,15}$/.test(value)) throw invalidValue(`Invalid value '${value}' for ${name}. It must be an integer`);
    return Number(value);
  }
  if (!/^(?:true|false)$/i.test(value))
    throw invalidValue(`Invalid value '${value}' for ${name}. It must be a boolean`);
  return value.toLowerCase() === 'true';
}

function firstPath(node: Tree): string {
  const [first] = node;
  if (first === undefined) return '';
  const [key, child] = first;
  return typeof child === 'string' ? key : `${key}.${firstPath(child)}`;
}

function unknown(name: string): Ec2Error {
  return new Ec2Error('UnknownParameter', `The parameter ${name} is not recognized`);
}
