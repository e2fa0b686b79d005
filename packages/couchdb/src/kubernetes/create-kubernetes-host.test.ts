import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterWish } from '../cluster.js';
import type { ClusterHost } from '../cluster-host.js';
import { clusterName } from '../cluster-name.js';
import { frontService, planManifests } from './manifests/index.js';
import { createKubernetesHost } from './create-kubernetes-host.js';
import {
  playKubernetes,
  refusal,
  type PlayedAnswer,
  type PlayedKubernetes,
  type PlayedRequest,
} from './testing/play-kubernetes.js';

const SETTINGS = {
  installId: 'qm',
  namespace: 'couchdb',
  image: 'couchdb:3.5.1',
  allowFrom: ['10.0.0.0/8'],
  storage: '5Gi',
} as const;
const WISH: ClusterWish = {
  owner: 'ann',
  tag: 'test',
  spawner: 'deployment',
  replicas: 2,
  databases: ['_users', 'test'],
};
const NAME = clusterName(WISH);
const HASH = '-pbkdf2-0123456789abcdef0123456789abcdef01234567,secretsalt,10';
const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

const NOT_FOUND = refusal(404, 'NotFound', 'not found');
const list = (items: readonly unknown[]): PlayedAnswer => [200, { kind: 'List', apiVersion: 'v1', items }];
const standingFront = (more: object = {}) => {
  const front = frontService(planManifests(SETTINGS, WISH), 'op-1');
  const metadata = { uid: 'u1', resourceVersion: '7', annotations: front.metadata?.annotations };
  return { ...(front as object), metadata: { ...(front.metadata as object), ...metadata, ...more } };
};

let kubernetes: PlayedKubernetes;
let play: (request: PlayedRequest) => PlayedAnswer;
let host: ClusterHost;

beforeEach(async () => {
  kubernetes = await playKubernetes((request) => play(request));
  host = createKubernetesHost({ ...SETTINGS, apiUrl: kubernetes.url });
});
afterEach(() => kubernetes.stop());

async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

const asked = (): string[] => kubernetes.requests.map(({ method, path }) => `${method} ${path}`);

describe('looking', () => {
  it('takes two lists, however many clusters there are, of this installation only', async () => {
    play = () => list([]);
    await host.list(undefined, held);
    const labels = 'app.kubernetes.io/managed-by=quartermaster,quartermaster/install=qm';
    expect(asked().sort()).toEqual(['GET /api/v1/namespaces/couchdb/pods', 'GET /api/v1/namespaces/couchdb/services']);
    expect(kubernetes.requests.map(({ query }) => query.get('labelSelector'))).toEqual([labels, labels]);
    expect(kubernetes.requests[0]?.authorization).toBeUndefined();
  });

  it('is tried three times', async () => {
    let tries = 0;
    play = ({ path }) => {
      if (path.endsWith('/pods')) return list([]);
      tries += 1;
      return tries < 3 ? refusal(500, 'InternalError', 'etcd is away') : list([standingFront()]);
    };
    expect(await host.find(WISH, held)).toMatchObject({ name: NAME, replicas: 2, nodes: [] });
    expect(tries).toBe(3);
  });

  it('gives up after the third time, with the words of Kubernetes', async () => {
    play = () => refusal(503, 'ServiceUnavailable', 'etcd is away');
    expect(await errorOf(host.loadAdmin(WISH, held))).toMatchObject({
      kind: 'unavailable',
      code: 'kubernetes-unavailable',
      message: `Kubernetes could not answer (read Secret ${NAME}: 503 ServiceUnavailable).`,
    });
    expect(kubernetes.requests).toHaveLength(3);
  });

  it('does not take somebody else’s cluster of the same name for one’s own', async () => {
    const annotations = { ...standingFront().metadata.annotations, 'quartermaster/account': 'bob' };
    play = ({ path }) => list(path.endsWith('/pods') ? [] : [standingFront({ annotations })]);
    expect(await host.find(WISH, held)).toBeUndefined();
    expect(await host.list('ann', held)).toEqual([]);
    expect(await host.list(undefined, held)).toHaveLength(1);
  });
});

describe('a change', () => {
  const change = (): Promise<void> => host.begin(WISH, 'op-1', held);
  const onCreate = (answer: PlayedAnswer): void => {
    play = ({ method }) => (method === 'GET' ? NOT_FOUND : answer);
  };

  it.each([
    [400, 'BadRequest', 'cannot be handled', 'unprocessable', 'kubernetes-refused'],
    [401, 'Unauthorized', 'Unauthorized', 'unavailable', 'kubernetes-unavailable'],
    [
      403,
      'Forbidden',
      'User "x" cannot create resource "services" in API group ""',
      'unprocessable',
      'kubernetes-forbidden',
    ],
    [403, 'Forbidden', 'services "x" is forbidden: exceeded quota: few', 'unprocessable', 'kubernetes-refused'],
    [404, 'NotFound', 'namespaces "couchdb" not found', 'unprocessable', 'kubernetes-refused'],
    [409, 'Conflict', 'Operation cannot be fulfilled on resourcequotas "few"', 'unavailable', 'kubernetes-unavailable'],
    [422, 'Invalid', 'spec.ports: Required value', 'unprocessable', 'kubernetes-refused'],
    [429, 'TooManyRequests', 'too many', 'unavailable', 'kubernetes-unavailable'],
    [500, 'InternalError', 'etcd', 'unavailable', 'kubernetes-unavailable'],
    [504, 'Timeout', 'etcd', 'unavailable', 'kubernetes-unavailable'],
  ])('that gets %i %s (%s) is %s %s, after one attempt', async (code, reason, message, kind, own) => {
    onCreate(refusal(code, reason, message));
    const error = await errorOf(change());
    expect(error).toMatchObject({ kind, code: own });
    expect(error.message).toContain(`create Service ${NAME}: ${code}`);
    if (code !== 401) expect(error.message).toContain(message);
    expect(kubernetes.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it.each([
    ['half an answer', (response) => void response.writeHead(201, { 'content-length': 100 }).write('{')],
    ['a cut connection', (response) => void response.destroy()],
    ['no JSON', (response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>')],
    ['no JSON, as if it were well', (response) => void response.writeHead(200).end('<html>')],
  ] as [string, PlayedAnswer][])('that gets %s is unavailable', async (name, answer) => {
    host = createKubernetesHost({ ...SETTINGS, apiUrl: kubernetes.url, timeoutMs: 300 });
    onCreate(answer);
    const error = await errorOf(change());
    expect(error).toMatchObject({ kind: 'unavailable', code: 'kubernetes-unavailable' });
    if (name === 'half an answer') expect(error.message).toContain('nothing within 300 ms');
  });

  it('that nobody answers is unavailable, with the reason', async () => {
    const gone = await playKubernetes(() => NOT_FOUND);
    await gone.stop();
    host = createKubernetesHost({ ...SETTINGS, apiUrl: gone.url });
    expect(await errorOf(change())).toMatchObject({
      kind: 'unavailable',
      code: 'kubernetes-unavailable',
      message: `Kubernetes does not answer (read Service ${NAME}: ECONNREFUSED).`,
    });
  });

  it('is not sent when the right to act has ended, and ends with it under way', async () => {
    const over = new Error('the time is over');
    play = () => NOT_FOUND;
    const ended: EffectGuard = {
      signal: AbortSignal.abort(over),
      assertHeld: () => {
        throw over;
      },
    };
    await expect(host.begin(WISH, 'op-1', ended)).rejects.toBe(over);
    expect(kubernetes.requests).toEqual([]);

    const right = new AbortController();
    play = () => {
      setImmediate(() => right.abort(over));
      return () => undefined;
    };
    await expect(host.begin(WISH, 'op-1', { ...held, signal: right.signal })).rejects.toBe(over);
    expect(kubernetes.requests).toHaveLength(1);
  });

  it('asks for the right before every attempt', async () => {
    let asks = 0;
    play = () => refusal(500, 'InternalError', 'etcd');
    const counting: EffectGuard = { ...held, assertHeld: () => void (asks += 1) };
    await errorOf(host.loadAdmin(WISH, counting));
    expect(kubernetes.requests).toHaveLength(3);
    expect(asks).toBeGreaterThanOrEqual(3);
  });
});

describe('what stands', () => {
  it('is patched by what differs, on the version that was seen', async () => {
    play = ({ method }) => [200, method === 'GET' ? standingFront() : {}];
    await host.note(WISH, { replicas: 5 }, held);
    const patch = kubernetes.requests.at(-1);
    expect(patch).toMatchObject({ method: 'PATCH', contentType: 'application/merge-patch+json' });
    expect(patch?.body).toEqual({
      metadata: { uid: 'u1', resourceVersion: '7', annotations: { 'quartermaster/replicas': '5' } },
    });
  });

  it('is left alone where it is right', async () => {
    play = () => [200, standingFront()];
    await host.note(WISH, { replicas: 2, deleting: false }, held);
    await host.begin(WISH, 'op-1', held);
    expect(asked().every((one) => one.startsWith('GET'))).toBe(true);
  });

  it('is looked at again after a conflict, a few times', async () => {
    let patches = 0;
    play = ({ method }) => {
      if (method === 'GET') return [200, standingFront()];
      patches += 1;
      return patches < 3 ? refusal(409, 'Conflict', 'the object has been modified') : [200, {}];
    };
    await host.note(WISH, { replicas: 5 }, held);
    expect(patches).toBe(3);
    play = ({ method }) => (method === 'GET' ? [200, standingFront()] : refusal(409, 'Conflict', 'modified'));
    expect(await errorOf(host.note(WISH, { replicas: 5 }, held))).toMatchObject({ kind: 'unavailable' });
  });

  it('is looked at again when others, who change it for a moment, are done', async () => {
    let since: number | undefined;
    play = ({ method }) => {
      if (method === 'GET') return [200, standingFront()];
      since ??= Date.now();
      return Date.now() - since < 120 ? refusal(409, 'Conflict', 'the object has been modified') : [200, {}];
    };
    await host.note(WISH, { replicas: 5 }, held);
    expect(kubernetes.requests.at(-1)?.method).toBe('PATCH');
  });

  it('is compared and patched where another one made it meanwhile', async () => {
    const deployment = { metadata: { ...standingFront().metadata, annotations: {} }, spec: { replicas: 1 } };
    let made = false;
    play = ({ method }) => {
      if (method === 'GET') return made ? [200, deployment] : NOT_FOUND;
      made = true;
      return method === 'POST' ? refusal(409, 'AlreadyExists', 'already exists') : [200, {}];
    };
    await host.make(WISH, { name: `deployment/${NAME}` }, held);
    expect(asked().map((one) => one.split(' ')[0])).toEqual(['GET', 'POST', 'GET', 'PATCH']);
    expect(kubernetes.requests.at(-1)?.body).toMatchObject({ spec: { replicas: 2 } });
  });

  it('is never touched where it is not ours', async () => {
    play = ({ method }) => (method === 'GET' ? [200, standingFront({ labels: { app: 'theirs' } })] : [200, {}]);
    expect(await errorOf(host.begin(WISH, 'op-1', held))).toMatchObject({ kind: 'conflict', code: 'cluster-exists' });
    const refused = { kind: 'unprocessable', code: 'kubernetes-refused' };
    for (const part of host.partsOf(WISH)) {
      const error = await errorOf(host.make(WISH, part, held));
      expect(error).toMatchObject(refused);
      expect(error.message).toContain('left alone');
    }
    expect(await errorOf(host.makeSecret(WISH, HASH, held))).toMatchObject(refused);
    expect(await errorOf(host.note(WISH, { replicas: 1 }, held))).toMatchObject(refused);
    expect(asked().every((one) => one.startsWith('GET'))).toBe(true);
  });

  it('is waited for while the former one of its name goes', async () => {
    play = () => [200, standingFront({ deletionTimestamp: '2026-01-01T00:00:00Z' })];
    for (const act of [
      () => host.begin(WISH, 'op-2', held),
      () => host.make(WISH, { name: `deployment/${NAME}` }, held),
    ]) {
      expect(await errorOf(act())).toMatchObject({ kind: 'unavailable', code: 'kubernetes-unavailable' });
    }
  });

  it('is deleted by its uid, with all that is its own', async () => {
    const pod = { metadata: { name: 'p', uid: 'pod-uid' }, status: {} };
    play = ({ method }) => [200, method === 'GET' ? pod : {}];
    const node = { name: 'p', pod: 'p', incarnation: 'pod-uid:0', ready: true, leaving: false };
    expect(await host.restart({} as never, node, held)).toEqual({ done: false });
    expect(kubernetes.requests.at(-2)).toMatchObject({
      method: 'DELETE',
      path: '/api/v1/namespaces/couchdb/pods/p',
      body: { propagationPolicy: 'Background', preconditions: { uid: 'pod-uid' } },
    });
    expect(await host.restart({} as never, { ...node, incarnation: 'pod-uid:1' }, held)).toEqual({ done: true });
    expect(kubernetes.requests.slice(-2).map(({ method }) => method)).toEqual(['GET', 'GET']);
  });
});

it('a policy is sent in the words of Kubernetes, not of the client', async () => {
  play = ({ method }) => (method === 'GET' ? NOT_FOUND : [201, {}]);
  await host.make(WISH, { name: `networkpolicy/${NAME}` }, held);
  const sent = kubernetes.requests.at(-1)?.body as { spec: { ingress: { from: unknown[] }[] } } | undefined;
  expect(sent?.spec.ingress[0]?.from).toHaveLength(3);
});

describe('a Secret', () => {
  it('is in no message and no cause, whatever Kubernetes repeats of it', async () => {
    play = ({ method, body }) => {
      if (method === 'GET') return NOT_FOUND;
      return refusal(422, 'Invalid', `data: Invalid value: ${JSON.stringify(body)}`);
    };
    const error = await errorOf(host.makeSecret(WISH, HASH, held));
    const sent = kubernetes.requests.at(-1)?.body['data'] as Record<string, string>;
    const told = `${error.message} ${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`;
    expect(error.message).toBe(`Kubernetes refused this (create Secret ${NAME}: 422 Invalid).`);
    for (const value of Object.values(sent)) {
      expect(told).not.toContain(value);
      expect(told).not.toContain(Buffer.from(value, 'base64').toString());
    }
  });

  it('that is there stays as it is', async () => {
    play = () => [200, { ...standingFront(), data: {} }];
    await host.makeSecret(WISH, HASH, held);
    expect(asked()).toEqual([`GET /api/v1/namespaces/couchdb/secrets/${NAME}`]);
    expect(await errorOf(host.loadAdmin(WISH, held))).toMatchObject({
      kind: 'not-found',
      code: 'cluster-secret-missing',
    });
  });
});

describe('the way to Kubernetes', () => {
  const before = process.env['KUBECONFIG'];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'quartermaster-kubeconfig-'));
    process.env['KUBECONFIG'] = join(folder, 'config');
    play = () => list([]);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = before;
  });
  const kubeconfig = (server: string, user: object = { token: 'of-kubeconfig' }): void =>
    writeFileSync(
      join(folder, 'config'),
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server } }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    );

  it('is the kubeconfig’s where no URL is given, with its credentials, by http too', async () => {
    kubeconfig(kubernetes.url);
    await createKubernetesHost(SETTINGS).list(undefined, held);
    expect(kubernetes.requests[0]?.authorization).toBe('Bearer of-kubeconfig');
  });

  it('is the URL’s where one is given, without anybody’s credentials', async () => {
    kubeconfig('http://127.0.0.1:1');
    await host.list(undefined, held);
    expect(kubernetes.requests[0]?.authorization).toBeUndefined();
  });

  it('is unavailable while its credentials can’t be had', async () => {
    const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: join(folder, 'nothing') } };
    kubeconfig(kubernetes.url, user);
    expect(await errorOf(createKubernetesHost(SETTINGS).list(undefined, held))).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('credentials'),
    });
    expect(kubernetes.requests).toEqual([]);
  });

  it('is unavailable with a kubeconfig that can’t be read, until it can', async () => {
    const own = createKubernetesHost(SETTINGS);
    expect(await errorOf(own.list(undefined, held))).toMatchObject({ code: 'kubernetes-unavailable' });
    kubeconfig(kubernetes.url);
    expect(await own.list(undefined, held)).toEqual([]);
  });
});
