import Joi from 'joi';
import { CLUSTER_ADMIN } from '@quartermaster/couchdb';
import { AppError } from '@quartermaster/foundation';
import type { Accounts } from '@quartermaster/stores';
import { isUsername, USERNAME } from '../account-gate.js';
import { hashToken, makeToken } from '../account-token.js';
import type { ApiRequest, Reply, Route, RouteDoc } from '../api.js';
import { parseJson } from '../body.js';
import { validateBody } from '../validate.js';

// A token that is wrong is not shown: most of it may well be right.
const token = Joi.string()
  .min(8)
  .max(128)
  .pattern(/^[\x21-\x7e]*$/, 'printable ASCII without white space')
  .messages({ 'string.pattern.name': '{{#label}} must be {{#name}}' });

const newAccountSchema = Joi.object<{ username: string; token?: string }, true>({
  username: Joi.string()
    .pattern(USERNAME, 'letters, digits and . _ -, beginning with a letter or digit, 63 at most')
    .invalid(CLUSTER_ADMIN)
    .required()
    .messages({ 'any.invalid': `{{#label}} can't be ${CLUSTER_ADMIN}: the worker's own administrator is called so` }),
  token,
})
  .required()
  .label('body');

const rotationSchema = Joi.object<{ token?: string }, true>({ token }).required().label('body');

const docs = {
  create: {
    summary: 'Make an account for CouchDB clusters',
    body: { json: [newAccountSchema] },
    answers: { 201: 'the account, with its token, this once' },
    errors: [409],
  },
  list: { summary: 'The accounts', answers: { 200: 'all of them' } },
  remove: { summary: 'Delete an account that has no clusters', answers: { 204: 'it is gone' }, errors: [409] },
  rotate: {
    summary: 'Give an account a new token',
    body: { json: [rotationSchema], optional: true },
    answers: { 200: 'the account, with its token, this once' },
  },
} as const satisfies Record<string, RouteDoc>;

/** `POST /accounts`, `GET /accounts`, `DELETE /accounts/{username}`, `POST /accounts/{username}/rotate`. */
export function accountsRoutes(accounts: Accounts): Route[] {
  const own = { access: 'admin', repeatable: 'never' } as const;
  const change = { ...own, changes: true } as const;
  return [
    { method: 'post', path: '/accounts', ...change, doc: docs.create, handle: (request) => create(accounts, request) },
    { method: 'get', path: '/accounts', ...own, doc: docs.list, handle: () => list(accounts) },
    {
      method: 'delete',
      path: '/accounts/:username',
      ...change,
      doc: docs.remove,
      handle: (request) => remove(accounts, request),
    },
    {
      method: 'post',
      path: '/accounts/:username/rotate',
      ...change,
      doc: docs.rotate,
      handle: (request) => rotate(accounts, request),
    },
  ];
}

async function create(accounts: Accounts, request: ApiRequest): Promise<Reply> {
  const { username, token = makeToken() } = validateBody(newAccountSchema, parseJson(request.body));
  const created_at = new Date().toISOString();
  if (!(await accounts.create({ username, token_hash: await hashToken(token), created_at }))) {
    throw new AppError('conflict', 'account-exists', `There is an account ${username} already.`);
  }
  return showOnce(201, username, { username, token, created_at });
}

async function list(accounts: Accounts): Promise<Reply> {
  const found = await accounts.list();
  const shown = found.map(({ username, created_at, rotated_at, clusters }) => ({
    username,
    created_at,
    rotated_at,
    clusters,
  }));
  return { status: 200, json: { accounts: shown } };
}

async function remove(accounts: Accounts, { params }: ApiRequest): Promise<Reply> {
  const username = pathUsername(params);
  const removed = await accounts.remove(username);
  if (removed.outcome === 'unknown') throw unknownAccount(username);
  if (removed.outcome === 'has-clusters') {
    const message = `Account ${username} has clusters, which must be deleted first: ${removed.tags.join(', ')}.`;
    throw new AppError('conflict', 'account-has-clusters', message);
  }
  return { status: 204, logged: { account: username } };
}

async function rotate(accounts: Accounts, { params, body }: ApiRequest): Promise<Reply> {
  const username = pathUsername(params);
  const { token = makeToken() } = validateBody(rotationSchema, body.length === 0 ? {} : parseJson(body));
  const rotated_at = new Date().toISOString();
  if (!(await accounts.rotate(username, await hashToken(token), rotated_at))) throw unknownAccount(username);
  return showOnce(200, username, { username, token, rotated_at });
}

/** The one answer that has the token. */
function showOnce(status: number, account: string, json: object): Reply {
  return { status, headers: { 'Cache-Control': 'no-store' }, json, logged: { account } };
}

function pathUsername(params: ApiRequest['params']): string {
  const username = params['username'] ?? '';
  if (!isUsername(username)) throw unknownAccount(username);
  return username;
}

function unknownAccount(username: string): AppError {
  return new AppError('not-found', 'unknown-account', `There is no account ${username.slice(0, 63)}.`);
}
