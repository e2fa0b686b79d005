import { SPAWNER_TYPES } from '@quartermaster/couchdb';
import { openClusterDesk, type ClusterDesk } from './testing/cluster-desk.js';

const CREATE = { kind: 'create', replicas: 3, password_hash: '-pbkdf2-x' } as const;

/** Whether each document of a database is on all nodes. */
function everywhere(desk: ClusterDesk, database: string): string[][] {
  return desk.cluster.pods.map(({ disk }) => [...(disk.databases.get(database)?.keys() ?? [])].sort());
}
function write(desk: ClusterDesk, database: string, ...documents: string[]): void {
  const [pod] = desk.cluster.pods.filter((one) => !desk.cluster.leaving.has(one.node));
  for (const document of documents) if (pod !== undefined) desk.world.write(pod, database, document, 1);
}

describe.each(SPAWNER_TYPES)('a cluster (%s)', (spawner) => {
  it('is made, filled, scaled, told to replicate more, and deleted', async () => {
    const desk = openClusterDesk(spawner);
    expect(await desk.perform(CREATE)).toMatchObject({
      state: 'done',
      message: 'CouchDB cluster my-test-db1 is ready: 3 nodes',
      result: { Tag: 'my-test-db1', Username: 'johny2', Replicas: 3, Databases: ['_users', 'test'] },
    });
    write(desk, 'test', 'a', 'b');
    desk.world.pass(1_000);
    expect(everywhere(desk, 'test')).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);

    expect(await desk.perform({ kind: 'scale', replicas: 5, purge: false })).toMatchObject({
      message: 'CouchDB cluster my-test-db1 has 5 nodes',
    });
    expect(everywhere(desk, 'test')).toHaveLength(5);
    expect(new Set(everywhere(desk, 'test').map(String))).toEqual(new Set(['a,b']));

    for (const pod of desk.cluster.pods) desk.world.write(pod, 'test', `on ${pod.node}`, 1);
    expect(await desk.perform({ kind: 'scale', replicas: 2, purge: false })).toMatchObject({ state: 'done' });
    desk.world.pass(1_000);
    expect(everywhere(desk, 'test').map(({ length }) => length)).toEqual([7, 7]);
    expect(desk.cluster.ring).toHaveLength(2);
    expect(desk.cluster.leaving.size).toBe(0);

    expect(await desk.perform({ kind: 'replicate', databases: ['special', 'mydb', 'test'] })).toMatchObject({
      message: 'The ring of CouchDB cluster my-test-db1 carries _users, mydb, special, test (2 nodes)',
    });
    write(desk, 'special', 'c');
    desk.world.pass(1_000);
    expect(everywhere(desk, 'special')).toEqual([['c'], ['c']]);

    expect(await desk.perform({ kind: 'delete' })).toMatchObject({
      state: 'done',
      message: 'CouchDB cluster my-test-db1 is deleted',
    });
    expect(desk.world.clusters.size).toBe(0);
    const cluster = 'CouchDB cluster `my-test-db1` of `johny2`';
    expect(desk.told).toEqual([
      `${cluster} is ready: 3 nodes`,
      `${cluster} has 5 nodes`,
      `${cluster} has 2 nodes`,
      `The ring of ${cluster} carries _users, mydb, special, test (2 nodes)`,
      `${cluster} is deleted`,
    ]);
  });
});

it('what a caller got wrong is nothing that came of the cluster, nor is a mend', async () => {
  const desk = openClusterDesk('rc');
  await desk.perform({ kind: 'scale', replicas: 2, purge: false });
  await desk.perform(CREATE);
  await desk.perform(CREATE);
  await desk.perform({ kind: 'mend' });
  await desk.perform({ kind: 'delete' });
  const ends = [...desk.finished.values()].map(({ outcome, counts }) => [outcome.state, counts]);
  expect(ends).toEqual([
    ['failed', false],
    ['done', true],
    ['failed', false],
    ['done', false],
    ['done', true],
  ]);
});
