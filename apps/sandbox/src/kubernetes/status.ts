import type { Answer } from '../http.js';

/** What is wrong with one field, in the words of `k8s.io/apimachinery/pkg/util/validation/field`. */
export interface FieldError {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** What a refusal is about. */
export interface Subject {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly name?: string;
}

interface Details {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
}

/** A refusal as the API server words it: a `Status` (`k8s.io/apimachinery/pkg/api/errors`). */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: Details,
  ) {
    super(message);
  }
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

function detailed(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

export function required(field: string, detail = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: detailed('Required value', detail) };
}

export function invalid(field: string, value: unknown, detail = ''): FieldError {
  return { reason: 'FieldValueInvalid', field, message: detailed(`Invalid value: ${shown(value)}`, detail) };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((entry) => `"${entry}"`).join(', ');
  const message = `Unsupported value: ${shown(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown(value)}` };
}

export function missing(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueNotFound', field, message: `Not found: ${shown(value)}` };
}

export function forbidden(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: detailed('Forbidden', detail) };
}

export function tooLong(field: string, most: number): FieldError {
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${most} bytes` };
}

function resourceOf({ plural, group }: Subject): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function detailsOf({ name, group, plural }: Subject): Details {
  return { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
}

export function notFound(subject: Subject): StatusError {
  const message = `${resourceOf(subject)} "${subject.name ?? ''}" not found`;
  return new StatusError(404, 'NotFound', message, detailsOf(subject));
}

export function alreadyExists(subject: Subject): StatusError {
  const message = `${resourceOf(subject)} "${subject.name ?? ''}" already exists`;
  return new StatusError(409, 'AlreadyExists', message, detailsOf(subject));
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(subject: Subject, why: string = MODIFIED): StatusError {
  const message = `Operation cannot be fulfilled on ${resourceOf(subject)} "${subject.name ?? ''}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(subject));
}

export function invalidObject(subject: Subject, errors: readonly FieldError[]): StatusError {
  const kind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  const words = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const all = words.length === 1 ? words[0] : `[${words.join(', ')}]`;
  const message = `${kind} "${subject.name ?? ''}" is invalid: ${all}`;
  const causes = errors.map(({ reason, field, message: text }) => ({ reason, message: text, field }));
  return new StatusError(422, 'Invalid', message, { ...detailsOf(subject), kind: subject.kind, causes });
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

/** Of a verb that a kind does not have. */
export function notSupportedFor(verb: string, subject: Subject): StatusError {
  const message = `${verb} is not supported on resources of kind "${resourceOf(subject)}"`;
  return new StatusError(405, 'MethodNotAllowed', message, detailsOf(subject));
}

/** Of a method that a path does not have. */
export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  const message = `only the following media types will be accepted: ${accepted.join(', ')}`;
  return new StatusError(406, 'NotAcceptable', message);
}

export function tooManyRequests(retryAfterSeconds: number): StatusError {
  const message = 'Too many requests, please try again later.';
  return new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds });
}

export function answerOf(value: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n`, outcome: 'ok' };
}

export function refusalOf(error: StatusError): Answer {
  const { code, reason, message, details } = error;
  const retry = details?.retryAfterSeconds;
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
  return {
    status: code,
    headers: { 'content-type': 'application/json', ...(retry === undefined ? {} : { 'retry-after': String(retry) }) },
    body: `${JSON.stringify(status)}\n`,
    outcome: reason,
  };
}
