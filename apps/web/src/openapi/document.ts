import type Joi from 'joi';
import type { AnswerDoc, BodyDoc, Route } from '../api.js';
import type { Access } from '../authenticate.js';
import { isKantoPath } from '../kanto-answer.js';
import { components } from './components.js';
import { toSchemaObject, toSchemaObjectIfPossible, type SchemaObject } from './schemas.js';

/** An OpenAPI 3.0 document. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters: readonly object[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, object>> };
  readonly responses: Readonly<Record<string, object>>;
}

const INTRODUCTION = `Every route of this installation, made from the schemas that check its requests. docs/api.md tells the rest.

- JSON is read whatever the Content-Type says. Numbers and booleans may come as strings. Unknown fields in a body are refused; unknown
  parameters of a query are ignored, but in queries for tasks. 256 kB at most.
- An empty parameter of a query counts as none. Some rules go beyond the words of a schema; the answer then says what is wrong.
- Errors are JSON:API documents; below /v0 they have kanto's shape.
- Requests below /v0 carry an account's \`username\` and \`token\` in their form, and need no header.
- /etcd/register and /etcd/monitor are WebSockets: plain requests are told so.
- HEAD works wherever GET does.`;

/** Describes routes. The same routes give the same document. */
export function createDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: describeRoute(route) };
  }
  const info = { title: 'Quartermaster', version, license: { name: 'MIT' }, description: INTRODUCTION };
  return { openapi: '3.0.3', info, paths, components };
}

function describeRoute(route: Route): Operation {
  const { doc, method, path, access } = route;
  const segments = path.split('/').filter((part) => part !== '');
  const remarks = [doc.description, access === 'admin' ? 'For admins only.' : undefined, remarkOnKey(route)];
  const description = remarks.filter((remark) => remark !== undefined).join(' ');
  return {
    operationId: method + segments.map(capitalise).join(''),
    summary: doc.summary,
    ...(description === '' ? {} : { description }),
    tags: [segments[0] ?? 'process'],
    security: SECURITY[access],
    parameters: [...pathParameters(segments), ...queryParameters(route), ...headerParameters(route)],
    ...(doc.body === undefined ? {} : { requestBody: describeBody(doc.body) }),
    responses: { ...describeAnswers(route), ...describeErrors(route) },
  };
}

function remarkOnKey({ repeatable }: Route): string | undefined {
  return repeatable === 'never'
    ? 'An Idempotency-Key is refused: the answers hold secrets, and are kept nowhere.'
    : undefined;
}

/** `instance-builds` → `InstanceBuilds`, `:id` → `ById`. */
function capitalise(segment: string): string {
  const words = segment.replace(/^:/, 'by-').split(/[^A-Za-z0-9]+/);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

const TOKEN = [{ bearer: [] }, { token: [] }];
const SECURITY = {
  public: [],
  // By the fields of the form, which no scheme of OpenAPI tells.
  account: [],
  token: TOKEN,
  admin: TOKEN,
  metrics: TOKEN,
  'token-or-build': [...TOKEN, { build: [] }],
  'token-or-password': [...TOKEN, { password: [] }],
} as const satisfies Record<Access, readonly object[]>;

function pathParameters(segments: readonly string[]): object[] {
  const names = segments.filter((segment) => segment.startsWith(':')).map((segment) => segment.slice(1));
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters({ doc }: Route): object[] {
  const checked = (doc.query ?? []).flatMap((schema) => {
    const { properties = {}, required = [] } = toSchemaObject(schema);
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: 'query',
      ...(description === undefined ? {} : { description }),
      required: required.includes(name),
      schema: rest,
    }));
  });
  const others = Object.entries(doc.otherQuery ?? {}).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  }));
  return [...checked, ...others];
}

function headerParameters(route: Route): object[] {
  const names = [
    'RequestId',
    ...(waits(route) ? ['Prefer'] : []),
    ...(route.repeatable === true ? ['IdempotencyKey'] : []),
  ];
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

function waits({ doc, waitsMs }: Route): boolean {
  return doc.waits === true || waitsMs !== undefined;
}

function describeBody({ json, form, optional }: BodyDoc): NonNullable<Operation['requestBody']> {
  const content = {
    ...(json === undefined ? {} : { 'application/json': { schema: anyOf(json) } }),
    ...(form === undefined ? {} : { 'application/x-www-form-urlencoded': { schema: describeForm(form) } }),
  };
  return { required: optional !== true, content };
}

function anyOf(schemas: readonly Joi.ObjectSchema[]): SchemaObject {
  const [first, ...others] = schemas.map((schema) => toSchemaObjectIfPossible(schema));
  return others.length === 0 && first !== undefined ? first : { anyOf: [first, ...others] };
}

function describeForm(form: NonNullable<BodyDoc['form']>): SchemaObject {
  if (isSchema(form)) return toSchemaObject(form);
  const fields = Object.entries(form).map(([name, description]) => [name, { type: 'string', description }] as const);
  return { type: 'object', properties: Object.fromEntries(fields), additionalProperties: false };
}

function isSchema(form: NonNullable<BodyDoc['form']>): form is Joi.ObjectSchema {
  return typeof form['validate'] === 'function';
}

function describeAnswers({ doc, path }: Route): Record<string, object> {
  const entries = Object.entries(doc.answers).map(([status, answer]) => {
    const { says, types } = typeof answer === 'string' ? jsonAnswer(status, answer) : answer;
    const schema = isKantoPath(path) ? { schema: { $ref: '#/components/schemas/KantoAnswer' } } : {};
    const content = Object.fromEntries(types.map((type) => [type, schema]));
    return [status, { description: says, ...(types.length === 0 ? {} : { content }) }] as const;
  });
  return Object.fromEntries(entries);
}

function jsonAnswer(status: string, says: string): AnswerDoc {
  return { says, types: status === '204' || status === '304' ? [] : ['application/json'] };
}

function describeErrors(route: Route): Record<string, object> {
  const prefix = isKantoPath(route.path) ? 'KantoError' : 'Error';
  return Object.fromEntries(
    errorStatuses(route)
      .filter((status) => route.doc.answers[status] === undefined)
      .map((status) => [String(status), { $ref: `#/components/responses/${prefix}${status}` }]),
  );
}

/** What follows from the route's other properties, and what it names itself. */
function errorStatuses(route: Route): readonly number[] {
  const { access, changes, path, repeatable, doc } = route;
  return [
    400,
    413,
    500,
    503,
    ...(access === 'public' ? [] : [401]),
    ...(access === 'public' || (access === 'account' && changes !== true) ? [] : [403]),
    ...(path.includes('/:') ? [404] : []),
    ...(waits(route) ? [404, 409, 422] : []),
    ...(repeatable === true ? [409, 422] : []),
    ...(doc.errors ?? []),
  ];
}
