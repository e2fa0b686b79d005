import type { RingNode, StandingCluster } from './cluster.js';
import type { Replication } from './couch-port.js';
import { hasGaps, lookAtRing, sumUpRing, type NodeSight, type SeenWay } from './look-at-ring.js';
import { planRing } from './ring.js';

const ring: RingNode[] = [1, 2, 3].map((index) => ({
  name: `n-${index}`,
  address: `10.0.0.${index}`,
  incarnation: `pod-${index}/0`,
}));
const cluster: StandingCluster = {
  owner: 'johny2',
  tag: 'my-test-db1',
  spawner: 'rc',
  replicas: 3,
  databases: ['_users', 'test'],
  name: 'my-test-db1-dc4b27f2',
  namespace: 'default',
  createdBy: 'o1',
  deleting: false,
  nodes: ring.map((node) => ({ ...node, ready: true, leaving: false })),
  ring,
};
const edges = planRing(ring, cluster.databases);
const standing = (name: string, state: Replication['state'], more: Partial<Replication> = {}): Replication[] =>
  edges
    .filter(({ source }) => source === name)
    .map(({ id, database }) => ({ id, database, source: '', target: '', continuous: true, state, ...more }));
const sight = (replications: Replication[], documents: [string, number][] = []): NodeSight => ({
  replications,
  documents: new Map(documents),
});

it('every way has the state of its document, missing without one, unknown where nobody answers', () => {
  const sights = new Map([
    ['n-1', sight(standing('n-1', 'failing', { reason: 'db_not_found' }))],
    ['n-2', sight(standing('n-2', 'running').slice(1))],
  ]);
  expect(lookAtRing(cluster, sights)).toEqual([
    { database: '_users', source: 'n-1', target: 'n-2', state: 'failing', reason: 'db_not_found' },
    { database: 'test', source: 'n-1', target: 'n-2', state: 'failing', reason: 'db_not_found' },
    { database: '_users', source: 'n-2', target: 'n-3', state: 'missing' },
    { database: 'test', source: 'n-2', target: 'n-3', state: 'running' },
    { database: '_users', source: 'n-3', target: 'n-1', state: 'unknown' },
    { database: 'test', source: 'n-3', target: 'n-1', state: 'unknown' },
  ]);
});

it('a replication of a node’s former incarnation is not the ring’s', () => {
  const anew = { ...cluster, ring: ring.map((node) => ({ ...node, incarnation: `${node.incarnation}!` })) };
  const sights = new Map(ring.map(({ name }) => [name, sight(standing(name, 'running'))]));
  expect(new Set(lookAtRing(anew, sights).map(({ state }) => state))).toEqual(new Set(['missing']));
});

it('what is pending is what CouchDB says, else the documents that the source has more', () => {
  const sights = new Map([
    ['n-1', sight(standing('n-1', 'running', { pending: 7 }), [['test', 100]])],
    ['n-2', sight(standing('n-2', 'running'), [['test', 90]])],
    ['n-3', sight(standing('n-3', 'running'), [['test', 70]])],
  ]);
  const pending = lookAtRing(cluster, sights).map((way) => [way.database, way.source, way.pending]);
  expect(pending).toEqual([
    ['_users', 'n-1', 7],
    ['test', 'n-1', 7],
    ['_users', 'n-2', undefined],
    ['test', 'n-2', 20],
    ['_users', 'n-3', undefined],
    ['test', 'n-3', 0],
  ]);
});

it('a ring is as far behind as its worst way', () => {
  const way = { database: 'test', source: 'n-1', target: 'n-2' };
  const ways: SeenWay[] = [
    { ...way, state: 'running', pending: 3 },
    { ...way, state: 'running', pending: 12 },
    { ...way, state: 'unknown' },
  ];
  expect(sumUpRing(ways)).toEqual({ pending: 12, ways: { running: 2, unknown: 1 } });
  expect(sumUpRing(ways.slice(2))).toEqual({ ways: { unknown: 1 } });
  expect(sumUpRing([])).toEqual({ ways: {} });
});

it.each([
  ['running', false],
  ['starting', false],
  ['failing', false],
  ['unknown', false],
  ['completed', false],
  ['missing', true],
  ['failed', true],
] as const)('a way that is %s is a gap: %s', (state, isGap) => {
  const way = { database: 'test', source: 'n-1', target: 'n-2' };
  expect(
    hasGaps([
      { ...way, state: 'running' },
      { ...way, state },
    ]),
  ).toBe(isGap);
});
