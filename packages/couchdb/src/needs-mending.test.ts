import type { ClusterNode, RingNode, StandingCluster } from './cluster.js';
import { needsMending } from './needs-mending.js';

const node = (name: string, more: Partial<ClusterNode> = {}): ClusterNode => ({
  name,
  address: `10.0.0.${name}`,
  incarnation: `u${name}.0`,
  ready: true,
  leaving: false,
  ...more,
});
const inRing = (name: string): RingNode => ({ name, address: `10.0.0.${name}`, incarnation: `u${name}.0` });

function cluster(nodes: ClusterNode[], ring: RingNode[], more: Partial<StandingCluster> = {}): StandingCluster {
  return {
    owner: 'johny2',
    tag: 'db',
    spawner: 'rc',
    replicas: 3,
    databases: ['test'],
    name: 'db-1',
    namespace: 'default',
    createdBy: 'o1',
    deleting: false,
    nodes,
    ring,
    ...more,
  };
}
const all = ['1', '2', '3'];

describe('a ring', () => {
  it.each<[string, boolean, StandingCluster]>([
    [
      'goes through all that are ready',
      false,
      cluster(
        all.map((name) => node(name)),
        all.map(inRing),
      ),
    ],
    [
      'has a node that is not ready',
      true,
      cluster([node('1'), node('2'), node('3', { ready: false })], all.map(inRing)),
    ],
    [
      'has a node that was started anew',
      true,
      cluster([node('1'), node('2'), node('3', { incarnation: 'u3.1' })], all.map(inRing)),
    ],
    [
      'lacks a node that is ready',
      true,
      cluster(
        all.map((name) => node(name)),
        all.slice(0, 2).map(inRing),
      ),
    ],
    [
      'goes round one that is not ready',
      false,
      cluster([node('1'), node('2'), node('3', { ready: false })], all.slice(0, 2).map(inRing)),
    ],
    [
      'has nobody who is ready',
      false,
      cluster(
        all.map((name) => node(name, { ready: false })),
        all.map(inRing),
      ),
    ],
    [
      'was never drawn, and a node is not ready',
      false,
      cluster([node('1'), node('2'), node('3', { ready: false })], []),
    ],
    [
      'was never drawn, and all nodes are ready',
      true,
      cluster(
        all.map((name) => node(name)),
        [],
      ),
    ],
    [
      'has a node that was taken out',
      true,
      cluster([node('1'), node('2'), node('3', { leaving: true })], all.slice(0, 2).map(inRing)),
    ],
    [
      'is of a cluster that is being deleted',
      false,
      cluster(
        all.map((name) => node(name)),
        [],
        { deleting: true },
      ),
    ],
    [
      'is of one node, which was started anew',
      true,
      cluster([node('1', { incarnation: 'u1.1' })], [inRing('1')], { replicas: 1 }),
    ],
    ['is of one node', false, cluster([node('1')], [inRing('1')], { replicas: 1 })],
  ])('that %s: to be mended %s', (_name, wanted, standing) => {
    expect(needsMending(standing)).toBe(wanted);
  });
});
