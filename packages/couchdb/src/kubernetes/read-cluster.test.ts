import type { V1Pod, V1Service } from '@kubernetes/client-node';
import type { ClusterNode, SpawnerType, StandingCluster } from '../cluster.js';
import { frontService, nodeService, planManifests, type ManifestPlan } from './manifests/index.js';
import { podTemplate } from './manifests/pod-template.js';
import { chooseLeaving } from './choose-leaving.js';
import { readClusters } from './read-cluster.js';

const SETTINGS = { installId: 'qm', namespace: 'default', image: 'couchdb', allowFrom: [], storage: '5Gi' };

const planOf = (spawner: SpawnerType, replicas: number, owner = 'ann'): ManifestPlan =>
  planManifests(SETTINGS, { owner, tag: 'test', spawner, replicas, databases: ['test'] });

function front(plan: ManifestPlan, clusterIP = '10.0.0.7'): V1Service {
  const service = frontService(plan, 'op-1');
  return Object.assign(service, { spec: { ...(service.spec as object), clusterIP } });
}

interface PodTraits {
  readonly uid?: string;
  readonly age?: number;
  readonly ip?: string;
  readonly ready?: boolean;
  readonly phase?: string;
  readonly restarts?: number;
  readonly ending?: boolean;
  readonly serving?: 'true' | 'false';
  readonly node?: string;
}

function pod(plan: ManifestPlan, name: string, traits: PodTraits = {}): V1Pod {
  const { uid = `uid-${name}`, age = 0, ip = '10.1.0.1', ready = true, phase = 'Running', restarts = 0 } = traits;
  const labels = {
    ...podTemplate(plan).metadata?.labels,
    ...(traits.serving === undefined ? {} : { 'quartermaster/serving': traits.serving }),
    ...(traits.node === undefined ? {} : { 'quartermaster/node': traits.node }),
  };
  return {
    metadata: {
      name,
      uid,
      labels,
      creationTimestamp: new Date(1_700_000_000_000 - age * 1000),
      ...(traits.ending === true ? { deletionTimestamp: new Date() } : {}),
    },
    status: {
      phase,
      ...(ip === '' ? {} : { podIP: ip }),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        { name: 'couchdb', restartCount: restarts, ready, image: 'couchdb', imageID: '' },
        { name: 'sidecar', restartCount: 9, ready, image: 'x', imageID: '' },
      ],
    },
  };
}

const read = (services: V1Service[], pods: V1Pod[]): StandingCluster => {
  const [cluster] = readClusters(services, pods);
  if (cluster === undefined) throw new Error('there is no cluster');
  return cluster;
};
const namesOf = (nodes: readonly ClusterNode[]): string[] => nodes.map(({ name }) => name);

describe('nodes of a Deployment', () => {
  const plan = planOf('deployment', 3);

  it('are its pods, the oldest first, then by name', () => {
    const pods = [pod(plan, 'young', { age: 1 }), pod(plan, 'b', { age: 5 }), pod(plan, 'a', { age: 5, restarts: 2 })];
    const { nodes } = read([front(plan)], pods);
    expect(namesOf(nodes)).toEqual(['a', 'b', 'young']);
    expect(nodes[0]).toEqual({
      name: 'a',
      pod: 'a',
      address: '10.1.0.1',
      incarnation: 'uid-a:2',
      ready: true,
      leaving: false,
    });
  });

  it('are none that end or have ended', () => {
    const pods = [
      pod(plan, 'a', { ending: true }),
      pod(plan, 'b', { phase: 'Failed' }),
      pod(plan, 'c', { phase: 'Succeeded' }),
      pod(plan, 'd', { phase: 'Pending', ready: false, ip: '' }),
    ];
    expect(read([front(plan)], pods).nodes).toEqual([
      { name: 'd', pod: 'd', incarnation: 'uid-d:0', ready: false, leaving: false },
    ]);
  });
});

describe('nodes of a StatefulSet', () => {
  const plan = planOf('statefulset', 2);
  const name = (ordinal: number): string => `${plan.name}-${ordinal}`;

  it('are those that are wished and those that are there, by number', () => {
    const pods = [pod(plan, name(10), { serving: 'false' }), pod(plan, name(2)), pod(plan, name(1))];
    const { nodes } = read([front(plan)], pods);
    expect(namesOf(nodes)).toEqual([name(0), name(1), name(2), name(10)]);
    expect(nodes[0]).toEqual({ name: name(0), incarnation: '', ready: false, leaving: false });
    expect(nodes.map(({ leaving }) => leaving)).toEqual([false, false, false, true]);
  });
});

describe('nodes of ReplicationControllers', () => {
  const plan = planOf('rc', 2);
  const name = (number: number): string => `${plan.name}-${number}`;
  const service = (number: number, clusterIP: string): V1Service => {
    const made = nodeService(plan, number);
    return Object.assign(made, { spec: { ...(made.spec as object), clusterIP } });
  };

  it('have the address of their Services, with or without a pod', () => {
    const services = [service(2, '10.0.0.2'), front(plan), service(1, '10.0.0.1')];
    const { nodes } = read(services, [pod(plan, 'x', { node: name(2) })]);
    expect(nodes).toEqual([
      { name: name(1), address: '10.0.0.1', incarnation: '', ready: false, leaving: false },
      { name: name(2), pod: 'x', address: '10.0.0.2', incarnation: 'uid-x:0', ready: true, leaving: false },
    ]);
  });

  it('are the ready one of two pods, else the younger', () => {
    const services = [front(plan), service(1, '10.0.0.1')];
    const two = (ready: boolean): V1Pod[] => [
      pod(plan, 'young', { node: name(1), age: 1, ready: false }),
      pod(plan, 'old', { node: name(1), age: 9, ready }),
    ];
    expect(read(services, two(true)).nodes[0]?.pod).toBe('old');
    expect(read(services, two(false)).nodes[0]?.pod).toBe('young');
  });

  it('are not ready without an address', () => {
    expect(read([front(plan)], [pod(plan, 'x', { node: name(1) })]).nodes[0]).toMatchObject({ pod: 'x', ready: false });
  });
});

describe('the endpoint', () => {
  const plan = planOf('deployment', 1);
  it.each([
    ['10.0.0.7', 'http://10.0.0.7:5984'],
    ['2001:db8::7', 'http://[2001:db8::7]:5984'],
    ['', undefined],
    ['None', undefined],
  ])('of %j is %s', (address, endpoint) => {
    expect(read([front(plan, address)], []).endpoint).toBe(endpoint);
  });

  it('is a balancer’s where there is one', () => {
    const balanced = {
      ...(front(plan) as object),
      status: { loadBalancer: { ingress: [{ hostname: 'lb.example.com' }] } },
    };
    expect(read([balanced], []).endpoint).toBe('http://lb.example.com:5984');
  });
});

it('clusters come by owner and tag, each with its own pods', () => {
  const [bob, ann] = [planOf('deployment', 1, 'bob'), planOf('deployment', 1, 'ann')];
  const clusters = readClusters([front(bob), front(ann)], [pod(bob, 'of-bob'), pod(ann, 'of-ann')]);
  expect(clusters.map(({ owner, nodes }) => [owner, namesOf(nodes)])).toEqual([
    ['ann', ['of-ann']],
    ['bob', ['of-bob']],
  ]);
});

describe('those that leave', () => {
  const node = (name: string, more: Partial<ClusterNode> = {}): ClusterNode => ({
    name,
    incarnation: name,
    ready: true,
    leaving: false,
    ...more,
  });
  const cluster = (spawner: SpawnerType, nodes: ClusterNode[]): StandingCluster => ({
    ...read([front(planOf(spawner, 3))], []),
    nodes,
  });

  it('have the highest numbers, however many are missing', () => {
    const rc = cluster('rc', [node('t-1'), node('t-2'), node('t-10')]);
    expect(namesOf(chooseLeaving(rc, 2))).toEqual(['t-10']);
    expect(namesOf(chooseLeaving(rc, 1))).toEqual(['t-2', 't-10']);
    const set = cluster('statefulset', [node('t-0'), node('t-1'), node('t-2')]);
    expect(namesOf(chooseLeaving(set, 2))).toEqual(['t-2']);
    expect(chooseLeaving(set, 3)).toEqual([]);
  });

  it('of a Deployment were taken out already, else are not ready, else are the youngest', () => {
    const nodes = [node('a', { ready: false }), node('b', { leaving: true }), node('c'), node('d')];
    const deployment = cluster('deployment', nodes);
    expect([3, 2, 1].map((replicas) => namesOf(chooseLeaving(deployment, replicas)))).toEqual([
      ['b'],
      ['b', 'a'],
      ['b', 'a', 'd'],
    ]);
    expect(chooseLeaving(deployment, 5)).toEqual([]);
  });
});
