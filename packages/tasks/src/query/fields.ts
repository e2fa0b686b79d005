import type Joi from 'joi';
import type { Json } from '@quartermaster/stores';
import type { AnyTask } from '../define-task.js';

/** What a field can be asked for by. `mixed`: of several types, or of none that is known; matched by its text. */
export type FieldType = 'text' | 'number' | 'boolean' | 'date' | 'mixed';

/** What can be asked for of a kind of task. */
export interface QueryFields {
  readonly types: ReadonlyMap<string, FieldType>;
  /** Other name → field. */
  readonly aliases: ReadonlyMap<string, string>;
  /** The task's own fields, also those that can not be asked for, as its definition has them: what is sent, what is added. */
  readonly order: readonly string[];
}

const STANDARD: readonly (readonly [string, FieldType])[] = [
  ['_id', 'text'],
  ['status', 'text'],
  ['settled', 'boolean'],
  ['due_at', 'date'],
  ['date_created', 'date'],
  ['date_updated', 'date'],
];
/** As AWSuper's README calls them in its examples. */
const OLD_NAMES = [
  ['createdAt', 'date_created'],
  ['updatedAt', 'date_updated'],
] as const;

const known = new WeakMap<AnyTask, QueryFields>();

/** Read from the task's schema and what its run begins with, once. Objects, and arrays of them, can not be asked for. */
export function queryFields(task: AnyTask): QueryFields {
  const made = known.get(task) ?? readFields(task);
  known.set(task, made);
  return made;
}

interface Described extends Joi.Description {
  readonly renames?: readonly { readonly from: unknown; readonly to: unknown }[];
  readonly matches?: readonly { readonly schema?: Described }[];
  readonly items?: readonly Described[];
}

function readFields(task: AnyTask): QueryFields {
  const schema = task.schema.describe() as Described;
  const types = new Map<string, FieldType>();
  for (const [name, value] of Object.entries((task.initial ?? {}) as Record<string, Json>))
    put(types, name, typeOf(value));
  for (const [name, value] of Object.entries((schema.keys ?? {}) as Record<string, Described>)) {
    put(types, name, describedType(value));
  }
  for (const [name, type] of STANDARD) types.set(name, type);
  const renames = (schema.renames ?? []).map(({ from, to }) => [from, to] as const);
  const aliases = [...OLD_NAMES, ...renames].filter(
    (pair): pair is readonly [string, string] =>
      pair.every((name) => typeof name === 'string') && !types.has(pair[0] as string),
  );
  const order = [...Object.keys((schema.keys ?? {}) as object), ...Object.keys((task.initial ?? {}) as object)];
  return { types, order, aliases: new Map(aliases.filter(([, name]) => types.has(name))) };
}

function put(types: Map<string, FieldType>, name: string, type: FieldType | undefined): void {
  if (type !== undefined) types.set(name, type);
}

const JOI_TYPES: Readonly<Record<string, FieldType>> = {
  string: 'text',
  number: 'number',
  boolean: 'boolean',
  date: 'date',
  any: 'mixed',
};

/** `undefined`: can not be asked for. */
function describedType(schema: Described): FieldType | undefined {
  if (schema.type === 'array') return oneOf((schema.items ?? []).map(describedType));
  if (schema.type !== 'alternatives') return JOI_TYPES[schema.type ?? ''];
  return oneOf(
    (schema.matches ?? []).map((match) => (match.schema === undefined ? 'mixed' : describedType(match.schema))),
  );
}

function typeOf(value: Json): FieldType | undefined {
  if (Array.isArray(value)) return oneOf((value as readonly Json[]).map(typeOf));
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return value === null ? 'mixed' : undefined;
}

/** Of several possible types. Of an empty list nothing is known. */
function oneOf(types: readonly (FieldType | undefined)[]): FieldType | undefined {
  if (types.length === 0) return 'mixed';
  const possible = [...new Set(types)].filter((type) => type !== undefined);
  return possible.length > 1 ? 'mixed' : possible[0];
}
