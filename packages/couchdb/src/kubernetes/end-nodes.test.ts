import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterWish, StandingCluster } from '../cluster.js';
import type { ClusterHost } from '../cluster-host.js';
import { clusterName } from '../cluster-name.js';
import { createKubernetesHost } from './create-kubernetes-host.js';
import { playKubernetes, type PlayedKubernetes } from './testing/play-kubernetes.js';

const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const WISH: ClusterWish = { owner: 'ann', tag: 'test', spawner: 'deployment', replicas: 3, databases: ['test'] };
const NAME = clusterName(WISH);
const COST = 'controller.kubernetes.io/pod-deletion-cost';

let kubernetes: PlayedKubernetes;
let host: ClusterHost;
let deployment: { metadata: object; spec: { replicas: number }; status: object };
let pod: { metadata: { name: string; uid: string; annotations?: object; deletionTimestamp?: string } };

beforeEach(async () => {
  pod = { metadata: { name: 'leaving', uid: 'pod-uid', annotations: { [COST]: '-1000' } } };
  kubernetes = await playKubernetes(({ method, path }) => {
    if (method !== 'GET') return [200, {}];
    if (path.endsWith('/pods')) return [200, { items: [pod, { metadata: { name: 'staying', uid: 'other' } }] }];
    return [200, path.includes('/pods/') ? pod : deployment];
  });
  const settings = { installId: 'qm', namespace: 'default', image: 'couchdb', allowFrom: [], storage: '5Gi' };
  host = createKubernetesHost({ ...settings, apiUrl: kubernetes.url });
});
afterEach(() => kubernetes.stop());

const stands = (replicas: number, there: number, seen = 4): void => {
  deployment = {
    metadata: { name: NAME, generation: 4, labels: {} },
    spec: { replicas },
    status: { observedGeneration: seen, replicas: there },
  };
};
const end = (): Promise<{ readonly done: boolean }> =>
  host.endNodes({ ...WISH, name: NAME } as StandingCluster, [{ name: 'leaving', pod: 'leaving' }], 2, false, held);
const changes = (): string[] =>
  kubernetes.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);

it('fewer replicas are wished, and the controller is left to choose those that cost least', async () => {
  stands(3, 3);
  expect(await end()).toEqual({ done: false });
  expect(changes()).toEqual([`PATCH ${NAME}`]);
  expect(kubernetes.requests.at(-2)?.body).toMatchObject({ spec: { replicas: 2 } });
});

it('a pod without its cost gets it first', async () => {
  stands(3, 3);
  delete pod.metadata.annotations;
  await end();
  expect(changes()).toEqual(['PATCH leaving', `PATCH ${NAME}`]);
});

it.each([
  ['the controller has not seen it', 3, 3],
  ['its pods are too many yet', 3, 4],
])('nothing else is done while %s', async (_what, there, seen) => {
  stands(2, there, seen);
  expect(await end()).toEqual({ done: false });
  expect(changes()).toEqual([]);
});

it('a pod that the controller kept, having ended another, is deleted itself', async () => {
  stands(2, 2);
  expect(await end()).toEqual({ done: false });
  expect(changes()).toEqual(['DELETE leaving']);
  expect(kubernetes.requests.find(({ method }) => method === 'DELETE')?.body).toMatchObject({
    preconditions: { uid: 'pod-uid' },
  });
});

it('a pod that ends is waited for', async () => {
  stands(2, 2);
  pod.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  expect(await end()).toEqual({ done: false });
  expect(changes()).toEqual([]);
});
