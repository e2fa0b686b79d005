import { createAbsentDiscovery } from '@quartermaster/discovery';
import { createSilentLogger } from '@quartermaster/foundation';
import { createProducer, type Producer } from '@quartermaster/jobs';
import { createTasks, createTickets } from '@quartermaster/stores';
import { builtInTasks, createTaskRegistry } from '@quartermaster/tasks';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Route } from '../api.js';
import { loadWebConfig } from '../config.js';
import { createLogFollowers, type LogFollowers } from '../log-followers.js';
import { createRoutes } from '../routes/index.js';
import { createDocument, type OpenApiDocument, type Operation } from './document.js';

let test: TestRedis;
let producer: Producer;
let followers: LogFollowers;
let routes: Route[];
let document: OpenApiDocument;

beforeAll(async () => {
  const log = createSilentLogger();
  test = await openTestRedis();
  const { redis, keys } = test;
  producer = createProducer(redis, keys, log);
  const tasks = createTasks(redis, keys, 60_000, log);
  followers = createLogFollowers({ tasks, log });
  routes = createRoutes({
    config: loadWebConfig({ AUTH_TOKEN: 'a-token-of-some-length', REDIS_URL: 'redis://127.0.0.1' }).config,
    redis,
    keys,
    producer,
    registry: createTaskRegistry({ builtIn: builtInTasks, folder: undefined, log }),
    tasks,
    followers,
    discovery: createAbsentDiscovery(),
    tickets: createTickets(redis, keys),
    version: '1.2.3',
    shutDown: () => undefined,
    heart: { handOver: () => Promise.reject(new Error('not in this test')) },
  });
  document = JSON.parse(JSON.stringify(createDocument(routes, '1.2.3'))) as OpenApiDocument;
});
afterAll(async () => {
  followers.close();
  await producer.close();
  await test.close();
});

function operations(): { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

/** Every `$ref` in a value. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, entry]) => (name === '$ref' ? [String(entry)] : refsIn(entry)));
}

function resolve(ref: string): unknown {
  return ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
}

describe('the OpenAPI document', () => {
  it('has every route, described', () => {
    expect(operations()).toHaveLength(routes.length);
    expect(routes.length).toBeGreaterThan(45);
    const undescribed = routes.filter(({ doc }) => (doc as unknown) === undefined || doc.summary.trim() === '');
    expect(undescribed.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it('refers only to what it has', () => {
    const refs = refsIn(document);
    expect(refs.length).toBeGreaterThan(100);
    expect(refs.filter((ref) => resolve(ref) === undefined)).toEqual([]);
  });

  it('names every operation once', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[A-Za-z0-9]+$/.test(id))).toEqual([]);
  });

  it('declares every parameter of a path, and each parameter once', () => {
    for (const { path, operation } of operations()) {
      const parameters = operation.parameters as { name?: string; in?: string }[];
      const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      expect([path, inPath]).toEqual([path, [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)]);
      const named = parameters.filter(({ name }) => name !== undefined).map((one) => `${one.in} ${one.name}`);
      expect(new Set(named).size).toBe(named.length);
    }
  });

  it('gives every operation answers with a description or a reference', () => {
    const bare = operations().filter(({ operation }) =>
      Object.values(operation.responses).some((answer) => !('description' in answer) && !('$ref' in answer)),
    );
    expect(bare).toEqual([]);
  });

  it('has whole patterns, without the marks around them', () => {
    const patterns = [...JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text = '""']) => JSON.parse(text) as string,
    );
    expect(patterns.length).toBeGreaterThan(10);
    expect(patterns.filter((pattern) => !pattern.endsWith('$'))).toEqual([]);
    for (const pattern of patterns) expect(() => new RegExp(pattern, 'u')).not.toThrow();
  });

  it('keeps what its schemas check', () => {
    const build = document.paths['/instance-builds']?.['post']?.requestBody?.content['application/json'];
    expect(build).toMatchObject({
      schema: {
        additionalProperties: false,
        properties: {
          instance_builds: {
            required: ['site', 'env', 'queue', 'instance_type'],
            additionalProperties: false,
            properties: {
              site: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' },
              count: { type: 'integer', minimum: 1, default: 1 },
              tags: { maxProperties: 40, additionalProperties: { type: 'string', maxLength: 256 } },
              id: { format: 'uuid' },
            },
          },
        },
      },
    });
    const tasks = document.paths['/tasks/{task}']?.['post']?.requestBody?.content['application/json'];
    expect(tasks).toMatchObject({ schema: { anyOf: [{ title: 'echo-steps' }, { title: 'layer-rolling-restart' }] } });
  });

  it('holds no schema of its own for a request: whatever validates in a file is what is described', () => {
    const folder = join(__dirname, '..');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('test.ts') && !name.startsWith('sockets'),
    );
    const sources = files.map((name) => readFileSync(join(folder, name), 'utf8'));
    const validated = sources.flatMap((text) =>
      [...text.matchAll(/validate(?:Body|Query)\((\w+),/g)].map(([, name = '']) => ({ name, text })),
    );
    expect(validated.length).toBeGreaterThan(12);
    // Described in the same file, or, being exported, in that of its route.
    const isDescribed = (text: string, name: string): boolean =>
      new RegExp(`(query|json): \\[[^\\]]*\\b${name}\\b|concat\\(${name}\\)`).test(text);
    const missing = validated.filter(
      ({ name, text }) =>
        !isDescribed(text, name) &&
        !(text.includes(`export const ${name} `) && sources.some((other) => isDescribed(other, name))),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});
