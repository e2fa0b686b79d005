import type { RingNode, StandingCluster } from './cluster.js';
import type { SeenWay } from './look-at-ring.js';
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
  const shown = showCluster({ ...rest, nodes, ring: [], deleting: true }, []);
  expect(shown).toMatchObject({
    Endpoint: '',
    Nodes: [{ Name: 'n-1', Ready: false }],
    Replications: [],
    Deleting: true,
  });
});

it('every way of the ring is shown, with what is known of it', () => {
  const way = { database: 'test', source: 'n-1', target: 'n-2' };
  const ways: SeenWay[] = [
    { ...way, state: 'running', pending: 0 },
    { ...way, state: 'failing', reason: 'db_not_found' },
  ];
  expect(showCluster(cluster, ways).Replications).toEqual([
    { Database: 'test', From: 'n-1', To: 'n-2', State: 'running', Pending: 0 },
    { Database: 'test', From: 'n-1', To: 'n-2', State: 'failing', Reason: 'db_not_found' },
  ]);
});
