import { SPAWNER_TYPES } from '@quartermaster/couchdb';
import { createKubernetesHost } from '@quartermaster/couchdb/kubernetes';
import { eventually, findFreePort } from '@quartermaster/testing';
import { describeClusterHost, type HostUnderTest } from '../../packages/couchdb/src/cluster-host.contract';
import { createApi, type Api } from '../harness/api';
import { FAST_KUBERNETES } from '../harness/couchdb';
import { startProcess, type Process } from '../harness/processes';

const KINDS = [
  'apis/apps/v1/namespaces/couchdb/deployments',
  'apis/apps/v1/namespaces/couchdb/statefulsets',
  'api/v1/namespaces/couchdb/replicationcontrollers',
  'api/v1/namespaces/couchdb/pods',
  'api/v1/namespaces/couchdb/services',
  'api/v1/namespaces/couchdb/persistentvolumeclaims',
  'api/v1/namespaces/couchdb/secrets',
  'apis/policy/v1/namespaces/couchdb/poddisruptionbudgets',
  'apis/networking.k8s.io/v1/namespaces/couchdb/networkpolicies',
];

let sandbox: Process;
let url: string;
let api: Api;
beforeAll(async () => {
  const port = String(await findFreePort());
  url = `http://127.0.0.1:${port}`;
  sandbox = startProcess('sandbox', { SANDBOX_PORT: port, LOG_FORMAT: 'json', ...FAST_KUBERNETES });
  api = createApi(url, { 'content-type': 'application/json' });
  await eventually(async () => expect((await api('/_sandbox/health')).status).toBe(200));
});
afterAll(() => sandbox.stop());

interface Listed {
  readonly kind: string;
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

async function objectsOf(cluster: string): Promise<Record<string, unknown>> {
  const selector = encodeURIComponent(`app.kubernetes.io/instance=${cluster}`);
  const lists = await Promise.all(KINDS.map((path) => api<Listed>(`/${path}?labelSelector=${selector}`)));
  const objects = lists.flatMap((answer) => {
    const { kind, items } = answer.json();
    return items.map((item) => [`${kind.replace(/List$/, '')}/${item.metadata.name}`, item] as const);
  });
  return Object.fromEntries(objects);
}

async function open(): Promise<HostUnderTest> {
  const path = '/api/v1/namespaces/couchdb';
  return {
    host: createKubernetesHost({
      apiUrl: url,
      installId: 'contract',
      namespace: 'couchdb',
      image: 'couchdb:3.5.1',
      allowFrom: ['10.0.0.0/8'],
      storage: '5Gi',
    }),
    objectsOf,
    makeForeignService: async (name) => {
      const body = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }] } };
      expect((await api(`${path}/services`, { method: 'POST', body })).status).toBe(201);
    },
    killPod: async (name) => {
      const answer = await api(`${path}/pods/${name}?gracePeriodSeconds=0`, { method: 'DELETE' });
      expect(answer.status).toBe(200);
    },
  };
}

describe.each(SPAWNER_TYPES)('a host of clusters that are %s', (spawner) => {
  describeClusterHost(spawner, open);
});
