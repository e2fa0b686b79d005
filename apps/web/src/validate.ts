import Joi from 'joi';
import { AppError, cutText, plainMessages, type Problem } from '@quartermaster/foundation';

/**
 * Checks a body and returns it typed. Throws one `invalid` error with every problem, each with its JSON pointer.
 * `root` is the pointer of what is checked, `''` for the whole body.
 */
export function validateBody<T>(schema: Joi.ObjectSchema<T>, value: unknown, root = ''): T {
  const result = prepared(schema).validate(value);
  if (result.error === undefined) return result.value;
  const problems = result.error.details.map((detail): Problem => ({
    detail: sentence(detail),
    pointer: root + toPointer(detail.path),
  }));
  throw new AppError('invalid', 'invalid-body', 'The body is not valid.', { problems });
}

/** A field is required, a value shown: who sent it wants to see which of his was meant. */
const requestMessages = {
  ...plainMessages,
  'any.required': '{{#label}} is required',
  'string.pattern.name': '{{#label}} must be {{#name}}, not {{#value}}',
};

const preparedSchemas = new WeakMap<Joi.ObjectSchema, Joi.ObjectSchema>();

/** The schema with our ways of reporting, made once: joi compiles messages anew that come with every call. */
function prepared<T>(schema: Joi.ObjectSchema<T>): Joi.ObjectSchema<T> {
  const known = preparedSchemas.get(schema);
  if (known !== undefined) return known as Joi.ObjectSchema<T>;
  const errors = { wrap: { label: false as const } };
  const made = schema.prefs({ abortEarly: false, errors, messages: requestMessages });
  preparedSchemas.set(schema, made);
  return made;
}

/** What a schema makes of no parameters at all, as most requests have: always the same. */
const ofEmptyQuery = new WeakMap<Joi.ObjectSchema, unknown>();

/** Checks query parameters; unknown ones are ignored. */
export function validateQuery<T>(schema: Joi.ObjectSchema<T>, query: Readonly<Record<string, string | undefined>>): T {
  const isEmpty = Object.keys(query).length === 0;
  const known = isEmpty ? ofEmptyQuery.get(schema) : undefined;
  if (known !== undefined) return { ...(known as T) };
  const result = prepared(schema).validate(query, { stripUnknown: true });
  if (result.error === undefined) {
    if (isEmpty) ofEmptyQuery.set(schema, { ...result.value });
    return result.value;
  }
  const problems = result.error.details.map((detail): Problem => ({
    detail: sentence(detail),
    parameter: String(detail.path[0] ?? ''),
  }));
  throw new AppError('invalid', 'invalid-query', 'The query is not valid.', { problems });
}

/** What a list is filtered by; empty, as forms send it, is no filter. */
export const filterValue = Joi.string().empty('');

/** RFC 6901. */
export function toPointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function sentence(detail: Joi.ValidationErrorItem): string {
  // Joi's own words; a schema that says more (of tags) is left to speak.
  if (detail.type === 'object.unknown' && detail.message.endsWith(' is not allowed')) {
    return printable(`${detail.path.join('.')} is not a known field`);
  }
  if (detail.path.length === 0 && detail.type === 'object.base') return 'The body must be an object';
  return printable(detail.message);
}

/** A message may quote what was sent: nothing that would garble a terminal or a log. */
function printable(text: string): string {
  return cutText(text.replace(/\p{Cc}/gu, ' '), 500);
}
