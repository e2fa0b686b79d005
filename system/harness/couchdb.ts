import type { OperationOutcome } from '@quartermaster/couchdb';
import { readSteps } from '@quartermaster/jobs';
import { createClusterOperations } from '@quartermaster/stores';
import { eventually } from '@quartermaster/testing';
import { randomUUID } from 'node:crypto';
import { createApi, type Answer } from './api';
import { type Lane, type LaneOptions, type System } from './start-system';
import { withRedis } from './with-redis';

export const SPAWNERS = ['deployment', 'rc', 'statefulset'] as const;
export type Spawner = (typeof SPAWNERS)[number];

/** As short as tests want them; a pod's real start comes on top. */
export const FAST_KUBERNETES = { SANDBOX_KUBERNETES_SCHEDULE_MS: '20' } as const;

/** An account of kanto's form endpoints. */
export type Login = {
  readonly username: string;
  readonly token: string;
};

/** What kanto's endpoints answer. */
export interface KantoAnswer {
  readonly status: 'ok' | 'error' | 'unauthorized';
  readonly status_message?: string;
  readonly error_detail?: string;
  readonly result?: unknown;
}

export interface ShownCluster {
  readonly Tag: string;
  readonly Username: string;
  readonly Password?: string;
  readonly Replicas: number;
  readonly Endpoint: string;
  readonly Namespace: string;
  readonly Databases: readonly string[];
  readonly Nodes: readonly { readonly Name: string; readonly Ready: boolean; readonly Address?: string }[];
  readonly Replications: readonly {
    readonly Database: string;
    readonly From: string;
    readonly To: string;
    readonly State: string;
    readonly Pending?: number;
  }[];
  readonly LastOperation?: { readonly Kind: string; readonly State: string };
}

export type Operation = 'create' | 'delete' | 'scale' | 'replicate' | 'list' | 'detail';

/** A lane whose worker and mini-worker know the sandbox's Kubernetes. */
export function openCouchLane(system: System, spawner: Spawner, options: LaneOptions = {}): Promise<Lane> {
  const settings = { KUBERNETES_API_URL: system.sandboxUrl, SPAWNER_TYPE: spawner };
  return system.openLane({
    ...options,
    worker: { ...settings, ...options.worker },
    miniWorker: { ...settings, ...options.miniWorker },
  });
}

/** A new account with a name of its own. */
export async function makeAccount(lane: Lane, name = `user-${randomUUID().slice(0, 8)}`): Promise<Login> {
  const token = `token-${randomUUID()}`;
  const answer = await lane.api('/accounts', { body: { username: name, token } });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return { username: name, token };
}

/** One of kanto's requests, as a form. */
export function kanto(
  lane: Lane,
  operation: Operation,
  fields: Readonly<Record<string, string | number>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<KantoAnswer>> {
  const form = new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return createApi(lane.webUrl)<KantoAnswer>(`/v0/${operation}`, {
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
}

/** The same, waited for until it is done, where that is longer than a request waits, too. Throws where it fails. */
export async function kantoOk(
  lane: Lane,
  operation: Operation,
  fields: Readonly<Record<string, string | number>>,
  requestId: string = randomUUID(),
): Promise<KantoAnswer> {
  const answer = await kanto(lane, operation, fields, { 'x-request-id': requestId });
  if (answer.status === 200) return answer.json();
  if (answer.status !== 202) throw new Error(`${operation} answered ${answer.status} ${answer.text}`);
  const outcome = await outcomeOf(lane, await eventually(() => findOperationId(lane, requestId)));
  if (outcome.state === 'failed') throw new Error(`${operation} failed: ${outcome.error.message}`);
  const { Password } = answer.json().result as Partial<ShownCluster>;
  return {
    status: 'ok',
    result: Password === undefined ? outcome.result : { ...(outcome.result as ShownCluster), Password },
  };
}

/** The operation that a request made, from the log line that tells of both. */
export function findOperationId({ web }: Lane, requestId: string): string {
  for (const line of web.lines.filter((text) => text.includes(requestId))) {
    const { operation_id: id } = JSON.parse(line) as { operation_id?: string };
    if (id !== undefined) return id;
  }
  throw new Error(`no line tells of ${requestId}`);
}

/** What came of an operation, as Redis has it. */
function outcomeOf(lane: Lane, id: string): Promise<OperationOutcome> {
  return withRedis(lane, (redis, keys) =>
    eventually(async () => {
      const outcome = await createClusterOperations(redis, keys).load(id);
      if (outcome === undefined || outcome.state === 'waiting') throw new Error(`operation ${id} is not done`);
      return outcome;
    }, 240_000),
  );
}

/** A cluster in detail. */
export async function detailOf(lane: Lane, login: Login, tag: string): Promise<ShownCluster> {
  return (await kantoOk(lane, 'detail', { ...login, cluster_tag: tag })).result as ShownCluster;
}

/** Waits until all wished nodes are ready and every way of the ring runs; the cluster then. */
export function ringIsWhole(lane: Lane, login: Login, tag: string, limitMs = 90_000): Promise<ShownCluster> {
  return eventually(
    async () => {
      const cluster = await detailOf(lane, login, tag);
      const { Nodes, Replicas, Databases, Replications } = cluster;
      const wanted = Replicas < 2 ? 0 : Replicas * Databases.length;
      const running = Replications.filter(({ State }) => State === 'running').length;
      if (Nodes.filter(({ Ready }) => Ready).length !== Replicas || Nodes.length !== Replicas || running !== wanted) {
        throw new Error(`the ring is not whole: ${JSON.stringify(cluster)}`);
      }
      return cluster;
    },
    limitMs,
    300,
  );
}

const KINDS = [
  '/apis/apps/v1/deployments',
  '/apis/apps/v1/statefulsets',
  '/api/v1/replicationcontrollers',
  '/api/v1/pods',
  '/api/v1/services',
  '/api/v1/persistentvolumeclaims',
  '/api/v1/secrets',
  '/apis/policy/v1/poddisruptionbudgets',
  '/apis/networking.k8s.io/v1/networkpolicies',
] as const;

export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp: string;
  };
  readonly [field: string]: unknown;
}

/** Every object of the default namespace that a label selector finds, of every kind. */
export async function kubeObjects(
  system: System,
  selector: string,
  kinds: readonly string[] = KINDS,
): Promise<KubeObject[]> {
  const found = await Promise.all(
    kinds.map(async (path) => {
      const at = path.lastIndexOf('/');
      const url = `${path.slice(0, at)}/namespaces/default${path.slice(at)}?labelSelector=${encodeURIComponent(selector)}`;
      const answer = await system.sandbox<{ kind: string; items: KubeObject[] }>(url);
      if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${answer.text}`);
      const { kind, items } = answer.json();
      return items.map((item) => ({ ...item, kind: kind.replace(/List$/, '') }));
    }),
  );
  return found.flat();
}

/** All objects of one lane's clusters. */
export function objectsOfLane(system: System, lane: Lane): Promise<KubeObject[]> {
  return kubeObjects(system, `quartermaster/install=${lane.prefix}`);
}

export const podsOfLane = (system: System, lane: Lane): Promise<KubeObject[]> =>
  kubeObjects(system, `quartermaster/install=${lane.prefix}`, ['/api/v1/pods']);

/** Deletes a pod at once, as `kubectl delete pod --force` does. */
export async function killPod(system: System, name: string): Promise<void> {
  const answer = await system.sandbox(`/api/v1/namespaces/default/pods/${name}?gracePeriodSeconds=0`, {
    method: 'DELETE',
  });
  if (answer.status !== 200 && answer.status !== 404) throw new Error(`${answer.status} ${answer.text}`);
}

const basic = ({ username, token }: Login): string => `Basic ${Buffer.from(`${username}:${token}`).toString('base64')}`;

/** CouchDB spoken to by the account; `base` is an endpoint like `http://10.0.0.7:5984`. */
export async function couch<T = unknown>(
  base: string,
  path: string,
  login: Login,
  options: { method?: string; body?: object } = {},
): Promise<Answer<T>> {
  // A connection each: kept-alive ones would all end at the same node.
  return createApi(base, { authorization: basic(login), 'content-type': 'application/json', connection: 'close' })<T>(
    path,
    options,
  );
}

/** Addresses of a cluster's nodes as `http://…:5984`. */
export const nodeUrls = ({ Nodes }: ShownCluster): string[] => Nodes.map(({ Address }) => `http://${Address}:5984`);

/** Waits until every node has these documents of a database, `limitMs` at most. */
export async function everyNodeHas(
  cluster: ShownCluster,
  login: Login,
  database: string,
  ids: readonly string[],
  limitMs = 60_000,
): Promise<void> {
  await eventually(
    async () => {
      for (const url of nodeUrls(cluster)) {
        const answer = await couch<{ rows: { id: string }[] }>(url, `/${database}/_all_docs`, login);
        const has = new Set(answer.status === 200 ? answer.json().rows.map(({ id }) => id) : []);
        const missing = ids.filter((id) => !has.has(id));
        if (missing.length > 0) throw new Error(`${url} lacks ${missing.length} of ${ids.length}: ${missing[0]}`);
      }
    },
    limitMs,
    200,
  );
}

/** The steps that an operation took, in order. */
export function stepsOfOperation(lane: Lane, id: string): Promise<string[]> {
  return withRedis(lane, async (redis, keys) =>
    (await readSteps(redis, keys, `couchdb-operation:${id}`)).map(({ name }) => name),
  );
}
