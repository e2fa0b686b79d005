import { AppError, type Problem } from '@quartermaster/foundation';
import { TASK_STATUSES, type TaskCondition, type TaskQuery } from '@quartermaster/stores';
import type { AnyTask } from '../define-task.js';
import { parseTimeSpan } from '../time-span.js';
export { queryFields, type FieldType, type QueryFields } from './fields.js';
import { queryFields, type FieldType, type QueryFields } from './fields.js';

const DEFAULT_LIMIT = 10;
const MOST = 50;
const LAST_PAGE = 1_000_000;

/** The parameters that bear on one field. */
interface Asked {
  readonly is: string[];
  min?: string;
  max?: string;
}

/**
 * A query of AWSuper's language, as it stands behind the question mark: `field=v&field=w` (any of them), `field[min]` and
 * `field[max]` (inclusive), `sort[field]=asc|desc`, `limit`, `page`. A date means the whole of what it names. Throws `invalid`
 * with every problem, each with its parameter; one that names no field says what can be asked for.
 */
export function parseTaskQuery(search: string, task: AnyTask): TaskQuery {
  const fields = queryFields(task);
  const problems: Problem[] = [];
  const asked = new Map<string, Asked>();
  const sort = new Map<string, boolean>();
  const numbers = new Map<string, number>();

  for (const [parameter, value] of new URLSearchParams(search)) {
    const refuse = (detail: string): void => void problems.push({ parameter, detail });
    if (parameter === 'limit' || parameter === 'page') {
      const most = parameter === 'limit' ? MOST : LAST_PAGE;
      const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
      if (number < 1 || number > most) refuse(`${parameter} must be a whole number from 1 to ${most}`);
      else numbers.set(parameter, number);
      continue;
    }
    const [, sorted, name = '', operator] = /^(?:sort\[([^[\]]+)\]|([^[\]]+)(?:\[([^[\]]*)\])?)$/.exec(parameter) ?? [];
    const field = resolve(fields, sorted ?? name);
    if (field === undefined) {
      refuse(`${sorted ?? parameter} can not be asked for; what can be is ${[...fields.types.keys()].join(', ')}`);
    } else if (sorted !== undefined) {
      const direction = /^(?:asc|1)$/i.test(value) ? 1 : /^(?:desc|-1)$/i.test(value) ? -1 : 0;
      if (direction === 0) refuse(`${parameter} must be asc or desc`);
      else if (!sort.has(field)) sort.set(field, direction < 0);
    } else if (operator === undefined || operator === '') {
      const known = asked.get(field) ?? { is: [] };
      known.is.push(value);
      asked.set(field, known);
    } else if (operator === 'min' || operator === 'max') {
      asked.set(field, { ...(asked.get(field) ?? { is: [] }), [operator]: value });
    } else {
      refuse(`${parameter} is not known: ${name} takes ${name}=, ${name}[min]= and ${name}[max]=`);
    }
  }

  const conditions = [...asked].flatMap(([field, parts]) =>
    conditionsOf(field, fields.types.get(field) ?? 'mixed', parts, problems),
  );
  if (problems.length > 0) throw new AppError('invalid', 'invalid-query', 'The query is not valid.', { problems });
  return {
    conditions,
    sort: [...sort].map(([field, descending]) => ({ field, descending })),
    page: numbers.get('page') ?? 1,
    limit: numbers.get('limit') ?? DEFAULT_LIMIT,
  };
}

function resolve({ types, aliases }: QueryFields, name: string): string | undefined {
  return types.has(name) ? name : aliases.get(name);
}

function conditionsOf(
  field: string,
  type: FieldType,
  { is, min, max }: Asked,
  problems: Problem[],
): TaskQuery['conditions'] {
  const conditions: TaskQuery['conditions'][number][] = [];
  if (is.length > 0) conditions.push(...equality(field, type, is, problems));
  if (min !== undefined || max !== undefined) conditions.push(...rangeOf(field, type, { min, max }, problems));
  return conditions;
}

function equality(
  field: string,
  type: FieldType,
  texts: readonly string[],
  problems: Problem[],
): TaskQuery['conditions'] {
  if (type === 'date') {
    const spans = texts.flatMap((text) => {
      const span = parseTimeSpan(text);
      if (span === undefined) problems.push({ parameter: field, detail: mustBeDate(field) });
      return span === undefined ? [] : [{ kind: 'range', field, ...span } as const];
    });
    const [only, ...others] = spans;
    return only === undefined ? [] : [others.length === 0 ? only : { kind: 'any', of: spans }];
  }
  const values = texts.flatMap((text): TaskValue[] => {
    const standard = STANDARD_VALUES.get(field);
    const value = standard === undefined ? parseValue(type, text) : standard.parse(text);
    if (value === undefined) {
      const wanted = standard?.wanted ?? (type === 'number' ? 'a number' : 'true or false');
      problems.push({ parameter: field, detail: `${field} must be ${wanted}` });
    }
    return value === undefined ? [] : [value];
  });
  return [{ kind: 'is', field, values }];
}

type TaskValue = string | number | boolean;

/** Fields of every record that have few forms: anything else would find nothing, and not say why. */
const STANDARD_VALUES: ReadonlyMap<string, { readonly wanted: string; parse(text: string): string | undefined }> =
  new Map([
    [
      'status',
      {
        wanted: `one of ${TASK_STATUSES.join(', ')}`,
        parse: (text: string) => TASK_STATUSES.find((status) => status === text.toUpperCase()),
      },
    ],
    [
      '_id',
      {
        wanted: '24 hexadecimal digits, letters small',
        parse: (text: string) => (/^[0-9a-f]{24}$/.test(text) ? text : undefined),
      },
    ],
  ]);

function parseValue(type: FieldType, text: string): TaskValue | undefined {
  if (type === 'number') return parseNumber(text);
  if (type !== 'boolean') return text;
  return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined;
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?(?:\d{1,300}\.?\d{0,300}|\.\d{1,300})(?:e[+-]?\d{1,3})?$/i.test(text) && Number.isFinite(Number(text))
    ? Number(text)
    : undefined;
}

function rangeOf(
  field: string,
  type: FieldType,
  ends: { readonly min: string | undefined; readonly max: string | undefined },
  problems: Problem[],
): TaskCondition[] {
  const refuse = (end: string, detail: string): undefined => {
    problems.push({ parameter: `${field}[${end}]`, detail });
  };
  if (type === 'text' || type === 'boolean') {
    for (const end of ['min', 'max'] as const) {
      if (ends[end] !== undefined) refuse(end, `${field} is neither a number nor a date: it takes no [min] and [max]`);
    }
    return [];
  }
  if (type === 'date') {
    const [min, max] = (['min', 'max'] as const).map((end) => {
      const text = ends[end];
      return text === undefined ? undefined : (parseTimeSpan(text) ?? refuse(end, mustBeDate(field)));
    });
    const from = min === undefined ? {} : { from: min.from };
    return [{ kind: 'range', field, ...from, ...(max === undefined ? {} : { below: max.below }) }];
  }
  const [from, through] = (['min', 'max'] as const).map((end) => {
    const text = ends[end];
    return text === undefined ? undefined : (parseNumber(text) ?? refuse(end, `${field}[${end}] must be a number`));
  });
  return [
    { kind: 'range', field, ...(from === undefined ? {} : { from }), ...(through === undefined ? {} : { through }) },
  ];
}

function mustBeDate(field: string): string {
  return `${field} must be a date, or date and time: 2026-11, 2026-11-20, 2026-11-20T10, 2026-11-20 10:35; UTC unless an offset is given`;
}
