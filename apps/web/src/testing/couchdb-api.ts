import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  clusterName,
  type ClusterOperation,
  type ClusterQuestion,
  type OperationOutcome,
} from '@quartermaster/couchdb';
import { createLogger } from '@quartermaster/foundation';
import { createProducer } from '@quartermaster/jobs';
import {
  createAccounts,
  createClusterOperations,
  createIdempotencyKeys,
  createProcessBoard,
  type Redis,
} from '@quartermaster/stores';
import { connectPatiently, eventually, openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createAccountGate } from '../account-gate.js';
import { createApp } from '../create-app.js';
import type { KantoAnswer } from '../kanto-answer.js';
import { createQueueWatch } from '../queue-watch.js';
import { accountsRoutes } from '../routes/accounts.js';
import { couchdbRoutes } from '../routes/couchdb.js';
import { parseTokens } from '../tokens.js';

export const ADMIN = 'an-admin-token-of-some-length';
export const MEMBER = 'a-token-of-some-length';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: T;
}

export interface ErrorDocument {
  readonly errors?: readonly { code: string; detail: string; source?: object }[];
}

/** Accounts and kanto's requests over a real Redis; what a worker would do is up to the test. */
export interface StartedCouchdbApi {
  readonly test: TestRedis;
  /** The connection of the API itself, to be broken. */
  readonly redis: Redis;
  readonly operations: ReturnType<typeof createClusterOperations>;
  /** Everything that was logged, without a known secret: what is missing was not said. */
  readonly lines: readonly string[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** As an administrator, unless the headers say otherwise. */
  admin<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<T & ErrorDocument>>;
  /** One of kanto's forms; as text it is sent as it is. */
  kanto(
    operation: string,
    form: Readonly<Record<string, string>> | string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<KantoAnswer>>;
  /** Waits for an operation on a cluster, and has it come out so. */
  finish(key: { owner: string; tag: string }, outcome: OperationOutcome, stands?: boolean): Promise<ClusterOperation>;
  /** Waits for a question, and answers it. */
  answer(outcome: OperationOutcome): Promise<ClusterQuestion>;
  stop(): Promise<void>;
}

export async function startCouchdbApi(settings: { readOnly?: boolean } = {}): Promise<StartedCouchdbApi> {
  const test = await openTestRedis();
  const { keys } = test;
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const log = createLogger({ level: 'debug', format: 'json', process: 'web', secrets: [], write });
  const redis = await connectPatiently(test.config, log);
  const accounts = createAccounts(redis, keys);
  const producer = createProducer(redis, keys, log);
  const queueWatch = createQueueWatch(createProcessBoard(redis, keys));
  const operations = createClusterOperations(redis, keys);
  const routes = [...accountsRoutes(accounts), ...couchdbRoutes({ operations, producer, queueWatch })];
  const options = {
    routes,
    tokens: parseTokens({ AUTH_TOKENS: `admin:${ADMIN},me:${MEMBER}` }),
    accountGate: createAccountGate(accounts),
    readOnly: settings.readOnly ?? false,
    idempotencyKeys: createIdempotencyKeys(redis, keys),
    log,
    reportBug: (): void => undefined,
  };
  const server = createServer(createApp(options));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const request = (path: string, init?: RequestInit): Promise<Response> => fetch(url + path, init);
  async function read<T>(asked: Promise<Response>): Promise<Answer<T>> {
    const { status, headers, text } = await asked.then(async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }));
    return { status, headers, text, json: (text === '' ? undefined : JSON.parse(text)) as T };
  }
  const worker = createClusterOperations(test.redis, keys);
  return {
    test,
    redis,
    operations: worker,
    lines,
    fetch: request,
    admin: (method, path, body, headers = {}) => {
      const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
      return read(request(path, { method, headers: { authorization: `token ${ADMIN}`, ...headers }, ...sent }));
    },
    kanto: (operation, form, headers = {}) => {
      const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      return read(request(`/v0/${operation}`, { method: 'POST', headers: { ...type, ...headers }, body }));
    },
    finish: async (key, outcome, stands) => {
      const cluster = clusterName(key);
      const { operation } = await eventually(async () => {
        const head = await worker.head(cluster);
        if (head === undefined) throw new Error('nothing waits');
        return head;
      });
      await test.redis.hset(keys.journal(`couchdb:${cluster}`), 'fence', 1);
      await worker.finish(
        cluster,
        1,
        operation.id,
        { outcome, ...(stands === undefined ? {} : { stands }) },
        Date.now(),
      );
      return operation;
    },
    answer: async (outcome) => {
      const { question } = await eventually(async () => {
        const ids = (await test.redis.keys(keys.couchdbOperation('*'))).map((key) =>
          key.slice(keys.couchdbOperation('').length),
        );
        for (const id of ids) {
          const asked = (await test.redis.hget(keys.couchdbOperation(id), 'kind')) === null;
          const found = asked ? await worker.loadQuestion(id) : undefined;
          if (found !== undefined) return found;
        }
        throw new Error('nobody asks');
      });
      await worker.answer(question.id, outcome);
      return question;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await producer.close();
      redis.disconnect();
      await test.close();
    },
  };
}

/** Everything in a test's corner of Redis as text, its keys too. */
export async function readRedis({ redis, config }: TestRedis): Promise<string> {
  const seen: unknown[] = [];
  for (const key of await redis.keys(`${config.REDIS_PREFIX}:*`)) {
    const readers: Record<string, () => Promise<unknown>> = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1'),
      stream: () => redis.xrange(key, '-', '+'),
    };
    const type = await redis.type(key);
    const read = readers[type];
    if (read === undefined) throw new Error(`${key} is a ${type}`);
    seen.push([key, await read()]);
  }
  return JSON.stringify(seen);
}
