import { eventually, findFreePort } from '@quartermaster/testing';
import { startProcess, type Process } from '../harness/processes';

export interface Pod {
  readonly name: string;
  readonly ip: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly leaving: boolean;
  readonly pid: number;
  readonly folder: string | null;
}

/** A sandbox of its own, and its Kubernetes spoken to in plain JSON. */
export interface Cluster {
  readonly process: Process;
  api<T = Record<string, unknown>>(method: string, path: string, body?: object): Promise<T>;
  create(kind: string, name: string, spec: object, more?: object): Promise<void>;
  pods(): Promise<Pod[]>;
  /** Waits for so many ready pods, and no others. */
  ready(count: number): Promise<Pod[]>;
  control(path: string): Promise<number>;
  /** Why the first container of the only pod waits. */
  waitingFor(): Promise<string>;
}

const PATHS: Readonly<Record<string, string>> = {
  Deployment: '/apis/apps/v1/namespaces/default/deployments',
  StatefulSet: '/apis/apps/v1/namespaces/default/statefulsets',
  ReplicationController: '/api/v1/namespaces/default/replicationcontrollers',
  Service: '/api/v1/namespaces/default/services',
  PersistentVolumeClaim: '/api/v1/namespaces/default/persistentvolumeclaims',
};
export const SECRETS = '/api/v1/namespaces/default/secrets';
export const PODS = '/api/v1/namespaces/default/pods';

export const pathOf = (kind: string, name: string): string => `${PATHS[kind]}/${name}`;

export async function startCluster(): Promise<Cluster> {
  const port = String(await findFreePort());
  const process = startProcess('sandbox', {
    SANDBOX_PORT: port,
    SANDBOX_KUBERNETES_SCHEDULE_MS: '0',
    LOG_LEVEL: 'warn',
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => expect((await fetch(`${url}/_sandbox/health`)).status).toBe(200));

  const api: Cluster['api'] = async <T>(method: string, path: string, body?: object) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } };
    const response = await fetch(`${url}${path}`, { method, ...sent });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const pods = async (): Promise<Pod[]> => (await api<{ pods: Pod[] }>('GET', '/_sandbox/kubernetes')).pods;
  return {
    process,
    api,
    pods,
    create: async (kind, name, spec, more = {}) => {
      const path = PATHS[kind] ?? '';
      const apiVersion = path.startsWith('/apis') ? 'apps/v1' : 'v1';
      await api('POST', path, { apiVersion, kind, metadata: { name, ...more }, spec });
    },
    ready: (count) =>
      eventually(async () => {
        const found = await pods();
        expect(found.map((pod) => pod.ready)).toEqual(Array.from({ length: count }, () => true));
        return found;
      }),
    control: async (path) => (await fetch(`${url}/_sandbox/kubernetes/${path}`, { method: 'POST' })).status,
    waitingFor: async () => {
      const { items } = await api<{ items: ShownPod[] }>('GET', PODS);
      return items[0]?.status.containerStatuses?.[0]?.state.waiting?.reason ?? '';
    },
  };
}

interface ShownPod {
  readonly status: {
    readonly containerStatuses?: { readonly state: { readonly waiting?: { readonly reason: string } } }[];
  };
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

export async function makeSecret(cluster: Cluster): Promise<void> {
  const data = { user: base64('ann'), password: base64('pw'), 'own.ini': base64('[admins]\nown = secret\n') };
  await cluster.api('POST', SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, data });
}

/** A pod of CouchDB whose administrators are of the Secret. */
export function template(changes: { image?: string; path?: string; secret?: string; volumes?: object[] } = {}): object {
  const secret = changes.secret ?? 'login';
  const from = (key: string): object => ({ valueFrom: { secretKeyRef: { name: secret, key } } });
  const mountsData = changes.volumes !== undefined;
  return {
    metadata: { labels: { app: 'couch', front: 'yes' } },
    spec: {
      terminationGracePeriodSeconds: 5,
      volumes: [{ name: 'ini', secret: { secretName: 'login' } }, ...(changes.volumes ?? [])],
      containers: [
        {
          name: 'couchdb',
          image: changes.image ?? 'registry.example.com/couchdb:3.3.3',
          ports: [{ name: 'couchdb', containerPort: 5984 }],
          env: [
            { name: 'COUCHDB_USER', ...from('user') },
            { name: 'COUCHDB_PASSWORD', ...from('password') },
          ],
          volumeMounts: [
            { name: 'ini', mountPath: '/opt/couchdb/etc/local.d/own.ini', subPath: 'own.ini' },
            ...(mountsData ? [{ name: 'data', mountPath: '/opt/couchdb/data' }] : []),
          ],
          readinessProbe: { httpGet: { path: changes.path ?? '/_up', port: 'couchdb' } },
        },
      ],
    },
  };
}

/** Speaks to a node (or a Service) over a connection of its own. */
export async function couch(
  host: string,
  method: string,
  path: string,
  login = 'ann:pw',
  limitMs = 30_000,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { connection: 'close', ...(login === '' ? {} : { authorization: `Basic ${base64(login)}` }) };
  const response = await fetch(`http://${host}:5984${path}`, {
    method,
    headers,
    // One that is frozen would never answer.
    signal: AbortSignal.timeout(limitMs),
    ...(/doc/.test(path) && method === 'PUT' ? { body: '{}' } : {}),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
