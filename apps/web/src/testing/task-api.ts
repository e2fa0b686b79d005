import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Joi from 'joi';
import { AppError, createSilentLogger } from '@quartermaster/foundation';
import { createProducer, type Producer } from '@quartermaster/jobs';
import {
  createAccounts,
  createIdempotencyKeys,
  createProcessBoard,
  createTasks,
  type Tasks,
} from '@quartermaster/stores';
import { defineTask, type AnyTask, type TaskRegistry } from '@quartermaster/tasks';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createAccountGate } from '../account-gate.js';
import { createApp } from '../create-app.js';
import { createLogFollowers, type LogFollowers } from '../log-followers.js';
import { createQueueWatch } from '../queue-watch.js';
import { createTaskRoute } from '../routes/create-task.js';
import { resumeTaskRoute } from '../routes/resume-task.js';
import { taskLogRoute } from '../routes/task-log.js';
import { tasksRoutes } from '../routes/tasks.js';
import { parseTokens } from '../tokens.js';

const TOKEN = 'a-token-of-some-length';
const NEVER = (): Promise<never> => Promise.reject(new Error('not in this test'));

const restart = defineTask<{ stack: string; window: number; plan: boolean; at?: Date }, { left: string[] }>({
  name: 'restart',
  aliases: ['restarter'],
  schema: Joi.object({
    stack: Joi.string().required(),
    window: Joi.number().integer().min(1).default(1),
    plan: Joi.boolean().default(false),
    at: Joi.date(),
  }).rename('stackName', 'stack'),
  initial: { left: [] },
  waits: ({ plan }) => plan,
  resume: ({ fields }) => {
    if (fields.left.length === 0) throw new AppError('conflict', 'nothing-left', 'Nothing is left of it.');
    return { stack: fields.stack, window: 2, plan: false };
  },
  run: NEVER,
});
const plain = defineTask({ name: 'plain', schema: Joi.object({}), run: NEVER });

const registry: TaskRegistry = {
  find: (name) => ({ restart, restarter: restart, plain })[name] as AnyTask | undefined,
  names: () => ['plain', 'restart'],
  broken: () => [{ name: 'bad', error: 'Unexpected token' }],
};

export type Shown = Record<string, unknown> & {
  _id: string;
  errors?: { code: string; detail: string; source?: object }[];
};
export interface Answer {
  status: number;
  headers: Headers;
  json: Shown;
}

export type Deed = 'begin' | 'left' | 'complete' | 'fail' | 'settle';

/** The routes of tasks over a real Redis, with the tasks `restart` (also `restarter`) and `plain`, and a broken one. */
export interface StartedTaskApi {
  readonly test: TestRedis;
  readonly tasks: Tasks;
  readonly producer: Producer;
  readonly followers: LogFollowers;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** What a worker would do with a `restart`. */
  work(id: string, ...deeds: Deed[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startTaskApi(): Promise<StartedTaskApi> {
  const test = await openTestRedis();
  const { redis, keys } = test;
  const log = createSilentLogger();
  const tasks = createTasks(redis, keys, 60_000);
  const producer = createProducer(redis, keys, log);
  const followers = createLogFollowers({ tasks, log, pollMs: 20, most: 4 });
  const queueWatch = createQueueWatch(createProcessBoard(redis, keys));
  const parts = { registry, tasks, producer, followers, queueWatch, slackChannel: '#ops' };
  const routes = [createTaskRoute(parts), resumeTaskRoute(parts), ...tasksRoutes(parts), taskLogRoute(parts)];
  const tokens = parseTokens({ AUTH_TOKENS: `me:${TOKEN}` });
  const idempotencyKeys = createIdempotencyKeys(redis, keys);
  const reportBug = (): void => undefined;
  const accountGate = createAccountGate(createAccounts(redis, keys));
  const options = { routes, tokens, accountGate, readOnly: false, idempotencyKeys, log, reportBug };
  const server = createServer(createApp(options));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const request: StartedTaskApi['fetch'] = (path, init = {}) =>
    fetch(url + path, { ...init, headers: { authorization: `Bearer ${TOKEN}`, ...(init.headers as object) } });
  const ask: StartedTaskApi['ask'] = async (method, path, body, headers = {}) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await request(path, { method, headers, ...sent });
    return { status: response.status, headers: response.headers, json: (await response.json()) as Shown };
  };
  return {
    test,
    tasks,
    producer,
    followers,
    fetch: request,
    ask,
    post: (path, body, headers) => ask('POST', path, body, headers),
    work: async (id, ...deeds) => {
      const writer = { subject: `task:${id}`, fence: 1 };
      await redis.set(keys.lease(writer.subject), 1);
      const exception = { message: 'no', timestamp: new Date().toISOString() };
      const now = Date.now();
      for (const deed of deeds) {
        if (deed === 'begin') await tasks.begin('restart', id, writer, now);
        if (deed === 'left') await tasks.update('restart', id, { left: ['i-1'] }, writer, now);
        if (deed === 'complete') await tasks.end('restart', id, 'COMPLETED', undefined, writer, now);
        if (deed === 'fail') await tasks.end('restart', id, 'FAILED', exception, writer, now);
        if (deed === 'settle') await tasks.settle('restart', id, writer, now);
      }
    },
    stop: async () => {
      followers.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await producer.close();
      await test.close();
    },
  };
}
