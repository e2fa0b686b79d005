import { isDeepStrictEqual } from 'node:util';

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that lies there, an empty one where there is none. */
export function jsonOf(value: unknown): Json {
  return isJson(value) ? value : {};
}

/** The list that lies there, an empty one where there is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function objectsOf(value: unknown): readonly Json[] {
  return listOf(value).map(jsonOf);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A map of strings; what is not a string is left out. */
export function stringsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(jsonOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

export function isEqual(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other);
}

/** Without fields that are null: to Kubernetes they are fields that were not sent. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJson(value)) return value;
  const kept = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined);
  return Object.fromEntries(kept.map(([key, entry]) => [key, withoutNulls(entry)]));
}

export function without(object: Json, ...keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** With these fields where the object has none of that name; what is undefined adds nothing. */
export function withDefaults(object: Json, defaults: Json): Json {
  const missing = Object.entries(defaults).filter(([key, value]) => object[key] === undefined && value !== undefined);
  return { ...object, ...Object.fromEntries(missing) };
}

/** With one field changed by `change`, where the object has it. */
export function withChanged(object: Json, key: string, change: (value: unknown) => unknown): Json {
  return object[key] === undefined ? object : { ...object, [key]: change(object[key]) };
}

/** With each entry of a list changed by `change`, where the object has that list. */
export function withEach(object: Json, key: string, change: (entry: Json) => unknown): Json {
  return withChanged(object, key, (value) => objectsOf(value).map(change));
}

/** A JSON merge patch, by RFC 7386. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJson(patch)) return patch;
  const result: Record<string, unknown> = { ...jsonOf(target) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}
