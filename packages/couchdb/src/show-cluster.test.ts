import type { RingNode, StandingCluster } from './cluster.js';
import type { Replication } from './couch-port.js';
import { planRing } from './ring.js';
import { showCluster, showPassword } from './show-cluster.js';

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
  endpoint: 'http://10.0.1.1:5984',
  nodes: ring.map((node) => ({ ...node, ready: true, leaving: false })),
  ring,
};
const edges = planRing(ring, cluster.databases);
const standing = (name: string, state: Replication['state'], reason?: string): Replication[] =>
  edges
    .filter(({ source }) => source === name)
    .map(({ id, database }) => ({
      id,
      database,
      source: '',
      target: '',
      continuous: true,
      state,
      ...(reason === undefined ? {} : { reason }),
    }));

it('a cluster has kanto’s fields first, in kanto’s order, and the password among them where it is shown', () => {
  const shown = showCluster(cluster);
  const kanto = ['Tag', 'Username', 'Replicas', 'Endpoint', 'Namespace'];
  expect(Object.keys(shown)).toEqual([...kanto, 'Spawner', 'Databases', 'Nodes']);
  expect(shown).toMatchObject({
    Tag: 'my-test-db1',
    Username: 'johny2',
    Replicas: 3,
    Endpoint: 'http://10.0.1.1:5984',
  });
  const withPassword = showPassword(shown, 'Ty5wvW7LuQ3T');
  expect(Object.keys(withPassword).slice(0, 6)).toEqual(['Tag', 'Username', 'Password', ...kanto.slice(2)]);
});

it('a cluster that has no address yet has an empty endpoint, a node without one has none', () => {
  const { endpoint: _, ...rest } = cluster;
  const nodes = [{ name: 'n-1', incarnation: '', ready: false, leaving: false }];
  const shown = showCluster({ ...rest, nodes, ring: [], deleting: true }, new Map());
  expect(shown).toMatchObject({
    Endpoint: '',
    Nodes: [{ Name: 'n-1', Ready: false }],
    Replications: [],
    Deleting: true,
  });
});

it('every way of the ring is shown with its state: its document’s, missing without one, unknown where nobody answers', () => {
  const replications = new Map([
    ['n-1', standing('n-1', 'failing', 'db_not_found')],
    ['n-2', standing('n-2', 'running').slice(1)],
  ]);
  expect(showCluster(cluster, replications).Replications).toEqual([
    { Database: '_users', From: 'n-1', To: 'n-2', State: 'failing', Reason: 'db_not_found' },
    { Database: 'test', From: 'n-1', To: 'n-2', State: 'failing', Reason: 'db_not_found' },
    { Database: '_users', From: 'n-2', To: 'n-3', State: 'missing' },
    { Database: 'test', From: 'n-2', To: 'n-3', State: 'running' },
    { Database: '_users', From: 'n-3', To: 'n-1', State: 'unknown' },
    { Database: 'test', From: 'n-3', To: 'n-1', State: 'unknown' },
  ]);
});

it('a replication of a node’s former incarnation is not the ring’s', () => {
  const anew = { ...cluster, ring: ring.map((node) => ({ ...node, incarnation: `${node.incarnation}!` })) };
  const shown = showCluster(anew, new Map(ring.map(({ name }) => [name, standing(name, 'running')])));
  expect(new Set(shown.Replications?.map(({ State }) => State))).toEqual(new Set(['missing']));
});
