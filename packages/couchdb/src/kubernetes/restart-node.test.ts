import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterNode, ClusterWish, StandingCluster } from '../cluster.js';
import type { ClusterHost } from '../cluster-host.js';
import { clusterName } from '../cluster-name.js';
import { createKubernetesHost } from './create-kubernetes-host.js';
import { playKubernetes, refusal, type PlayedKubernetes } from './testing/play-kubernetes.js';

const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const WISH: ClusterWish = { owner: 'ann', tag: 'test', spawner: 'rc', replicas: 2, databases: ['test'] };
const CLUSTER = { ...WISH, name: clusterName(WISH) } as StandingCluster;
const NODE: ClusterNode = {
  name: `${CLUSTER.name}-1`,
  pod: 'former',
  incarnation: 'former:0',
  ready: true,
  leaving: true,
};

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: object;
    readonly deletionTimestamp?: string;
  };
  readonly status: { readonly phase: string; readonly containerStatuses: readonly object[] };
}

const pod = (name: string, more: { node?: string; ending?: boolean; restarts?: number; phase?: string } = {}): Pod => ({
  metadata: {
    name,
    uid: name,
    labels: { 'quartermaster/node': more.node ?? NODE.name },
    ...(more.ending === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  status: {
    phase: more.phase ?? 'Running',
    containerStatuses: [{ name: 'couchdb', restartCount: more.restarts ?? 0 }],
  },
});

let kubernetes: PlayedKubernetes;
let host: ClusterHost;
let replicas: number | undefined;
let pods: Pod[];

beforeEach(async () => {
  [replicas, pods] = [1, []];
  kubernetes = await playKubernetes(({ method, path, body }) => {
    if (path.endsWith('/pods')) return [200, { items: pods }];
    if (replicas === undefined) return refusal(404, 'NotFound', '');
    if (method === 'PATCH') replicas = (body['spec'] as { replicas: number }).replicas;
    return [200, { metadata: { name: NODE.name }, spec: { replicas } }];
  });
  const settings = { installId: 'qm', namespace: 'default', image: 'couchdb', allowFrom: [], storage: '5Gi' };
  host = createKubernetesHost({ ...settings, apiUrl: kubernetes.url });
});
afterEach(() => kubernetes.stop());

const restart = (): Promise<{ readonly done: boolean }> => host.restart(CLUSTER, NODE, held);
const changes = (): number => kubernetes.requests.filter(({ method }) => method !== 'GET').length;

it('its controller has no pod until the former one is gone, and then one', async () => {
  pods = [pod('former'), pod('of-another', { node: `${CLUSTER.name}-2` })];
  expect(await restart()).toEqual({ done: false });
  expect(replicas).toBe(0);
  pods = [pod('former', { ending: true }), ...pods.slice(1)];
  expect(await restart()).toEqual({ done: false });
  expect(replicas).toBe(0);
  pods = pods.slice(1);
  expect(await restart()).toEqual({ done: true });
  expect(replicas).toBe(1);
  expect(changes()).toBe(2);
  pods = [pod('next'), ...pods];
  expect(await restart()).toEqual({ done: true });
  expect(changes()).toBe(2);
});

it('all pods of the node are waited for, also one that was ending before', async () => {
  pods = [pod('before', { ending: true }), pod('former')];
  expect(await restart()).toEqual({ done: false });
  pods = [pod('before', { ending: true })];
  expect(await restart()).toEqual({ done: false });
  expect(replicas).toBe(0);
});

it('a pod that came in its place while the former one is ending goes too', async () => {
  pods = [pod('former', { ending: true }), pod('next')];
  expect(await restart()).toEqual({ done: false });
  expect(replicas).toBe(0);
});

it('a pod that has ended is not waited for: it may be listed for long', async () => {
  replicas = 0;
  pods = [pod('evicted', { phase: 'Failed' })];
  expect(await restart()).toEqual({ done: true });
  expect(replicas).toBe(1);
});

it.each([
  ['is another pod', [pod('next')]],
  ['is another container', [pod('former', { restarts: 1 })]],
  ['has no pod', []],
])('nothing is changed where the node %s by now', async (_what, there) => {
  pods = there;
  expect(await restart()).toEqual({ done: true });
  expect(changes()).toBe(0);
});

it('a node whose controller is gone is not waited for', async () => {
  [replicas, pods] = [undefined, [pod('former')]];
  expect(await restart()).toEqual({ done: true });
});
