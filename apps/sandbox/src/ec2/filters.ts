import { Ec2Error, invalidValue } from './errors.js';
import type { Parsed } from './parameters.js';

export const filterShape = { list: { fields: { Name: 'string', Value: { list: 'string' } } } } as const;
export type Filters = Parsed<typeof filterShape>;

/** Filter name → the values that one resource has under it. `tag:<key>` and `tag-key` come of themselves. */
export type FilterTable<T> = Readonly<Record<string, (item: T) => readonly (string | undefined)[]>>;

/** "Filters and wildcards", EC2 User Guide: how many values one call may filter by. */
const VALUE_LIMIT = 200;

/**
 * The items that pass every filter (any value of each). Throws where a filter is not known.
 * Source: the filter lists of the Describe actions; comparison is case-sensitive, `*` and `?` are wildcards.
 */
export function applyFilters<T extends { readonly tags: ReadonlyMap<string, string> }>(
  items: readonly T[],
  filters: Filters | undefined,
  table: FilterTable<T>,
): readonly T[] {
  const tests = (filters ?? []).map((filter) => compile(filter, table));
  const values = (filters ?? []).reduce((sum, filter) => sum + (filter.Value?.length ?? 0), 0);
  if (values > VALUE_LIMIT) {
    throw new Ec2Error(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${VALUE_LIMIT}`,
    );
  }
  return tests.length === 0 ? items : items.filter((item) => tests.every((test) => test(item)));
}

function compile<T extends { readonly tags: ReadonlyMap<string, string> }>(
  filter: Filters[number],
  table: FilterTable<T>,
): (item: T) => boolean {
  const name = filter.Name ?? 'null';
  if (filter.Value === undefined || filter.Value.length === 0) {
    throw invalidValue(`The filter '${name}' must have at least one value`);
  }
  const patterns = filter.Value.map(wildcardPattern);
  const matches = (value: string | undefined): boolean =>
    value !== undefined && patterns.some((pattern) => pattern.test(value));

  if (name.startsWith('tag:') && name.length > 4) return (item) => matches(item.tags.get(name.slice(4)));
  if (name === 'tag-key') return (item) => [...item.tags.keys()].some(matches);
  const read = Object.hasOwn(table, name) ? table[name] : undefined;
  if (read === undefined) throw invalidValue(`The filter '${name}' is invalid`);
  return (item) => read(item).some(matches);
}

/** A backslash takes the next wildcard literally. */
function wildcardPattern(text: string): RegExp {
  const source = text.replaceAll(/\\?[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    const literal = part.length === 2 ? part.slice(1) : part;
    return literal.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  });
  return new RegExp(`^${source}$`);
}
