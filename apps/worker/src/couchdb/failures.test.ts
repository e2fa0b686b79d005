import { AppError } from '@quartermaster/foundation';
import { NAME, openClusterDesk, type ClusterDesk } from './testing/cluster-desk.js';

const CREATE = { kind: 'create', replicas: 3, password_hash: '-pbkdf2-x' } as const;
const refused = new AppError('unprocessable', 'kubernetes-refused', 'exceeded quota: pods.');

/** Throws an error in the place of one kind of change, again and again. */
function refuse(desk: ClusterDesk, refusedMethod: string, detail: string, error: Error = refused): void {
  desk.host.onChange = (method, of) => {
    if (method === refusedMethod && of.includes(detail)) throw error;
  };
}
const codeOf = (outcome: object): unknown => (outcome as { error?: { code: string } }).error?.code;
const messageOf = (outcome: object): string => (outcome as { error?: { message: string } }).error?.message ?? '';

describe('creating', () => {
  it('is a conflict where the account has that cluster, which is left alone', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    const { changes } = desk.host;
    expect(await desk.perform(CREATE)).toMatchObject({ state: 'failed', error: { kind: 'conflict' } });
    expect(desk.host.changes).toBe(changes);
    expect(desk.finished.get('o2')?.stands).toBe(true);
  });

  it('leaves nothing where Kubernetes refuses a part', async () => {
    const desk = openClusterDesk('rc');
    refuse(desk, 'make', 'controller/2');
    const outcome = await desk.perform(CREATE);
    expect([codeOf(outcome), messageOf(outcome)]).toEqual(['kubernetes-refused', 'exceeded quota: pods.']);
    expect(desk.world.clusters.size).toBe(0);
    expect(desk.finished.get('o1')).toMatchObject({ stands: false });
    expect(desk.told).toEqual(['Could not create CouchDB cluster `my-test-db1` of `johny2`: exceeded quota: pods']);
  });

  it('removes what it made also where the worker dies over it and Kubernetes has changed its mind', async () => {
    const desk = openClusterDesk('rc');
    refuse(desk, 'make', 'controller/2');
    desk.crashPoint = (point) => {
      if (point !== 'note-deletion:after') return;
      desk.crashPoint = () => undefined;
      desk.host.onChange = () => undefined;
      throw new AppError('unavailable', 'lease-lost', 'gone');
    };
    expect(codeOf(await desk.perform(CREATE))).toBe('kubernetes-refused');
    expect(desk.world.clusters.size).toBe(0);
  });

  it('fails where nodes do not become ready, names them, and leaves the cluster whose ring is drawn later', async () => {
    const desk = openClusterDesk('statefulset');
    let isStuck = true;
    desk.world.startMs = (node) => (isStuck && node === `${NAME}-2` ? undefined : 300);
    const outcome = await desk.perform(CREATE);
    expect(messageOf(outcome)).toBe(
      `After 10 min 2 of 3 nodes of CouchDB cluster my-test-db1 are ready (not: ${NAME}-2). ` +
        'The cluster stays, and its ring is drawn when they are; deleting it removes it.',
    );
    expect(desk.finished.get('o1')).toMatchObject({ stands: true, outcome: { error: { kind: 'unavailable' } } });
    isStuck = false;
    const [stuck] = desk.cluster.pods.filter(({ node }) => node === `${NAME}-2`);
    if (stuck !== undefined) desk.world.kill(desk.cluster, stuck);
    desk.world.pass(1_000);
    expect(await desk.perform({ kind: 'mend' })).toMatchObject({ message: 'The ring goes through 3 of 3 nodes' });
  });

  it('says where the worker stands in the wrong place', async () => {
    const desk = openClusterDesk('deployment');
    desk.world.isReachable = () => false;
    const outcome = await desk.perform(CREATE);
    expect(messageOf(outcome)).toMatch(
      /^The worker can't reach pod addresses \(10\.0\.0\.\d:5984\): it must run inside the cluster's network\.$/,
    );
    expect(desk.finished.get('o1')).toMatchObject({ stands: true });
  });

  it('waits where Kubernetes is away, and gives up after an hour', async () => {
    const desk = openClusterDesk('deployment');
    refuse(desk, 'make', '', new AppError('unavailable', 'kubernetes-unavailable', 'No answer.'));
    const began = desk.world.time;
    expect(messageOf(await desk.perform(CREATE))).toBe('Given up after an hour: No answer.');
    expect(desk.world.time - began).toBeGreaterThanOrEqual(3_600_000);
  });
});

describe('what is asked of a cluster that is not there', () => {
  it.each([
    { kind: 'scale', replicas: 2, purge: false },
    { kind: 'delete' },
    { kind: 'replicate', databases: ['x'] },
  ] as const)('is not found ($kind)', async (change) => {
    const desk = openClusterDesk('rc');
    expect(codeOf(await desk.perform(change))).toBe('unknown-cluster');
  });

  it('is nothing to mend, and nobody hears of it', async () => {
    const desk = openClusterDesk('rc');
    expect(await desk.perform({ kind: 'mend' })).toMatchObject({ state: 'done' });
    expect(desk.told).toEqual([]);
  });
});

describe('scaling', () => {
  it('up stays as it was where Kubernetes refuses a part', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    refuse(desk, 'make', 'controller/5');
    expect(codeOf(await desk.perform({ kind: 'scale', replicas: 5, purge: false }))).toBe('kubernetes-refused');
    desk.world.pass(500);
    expect([desk.cluster.wish.replicas, desk.cluster.pods.length, desk.cluster.ring.length]).toEqual([3, 3, 3]);
  });

  it('down does not happen where a node that is to go stays away: its data would be lost', async () => {
    const desk = openClusterDesk('statefulset');
    await desk.perform(CREATE);
    desk.world.startMs = (node) => (node === `${NAME}-2` ? undefined : 300);
    const outcome = await desk.perform({ kind: 'scale', replicas: 1, purge: true });
    expect(messageOf(outcome)).toBe(
      `CouchDB cluster my-test-db1 was not scaled down: ${NAME}-2 not ready after 5 min. ` +
        'What only the leaving nodes have would be lost; they stay.',
    );
    expect([desk.cluster.wish.replicas, desk.cluster.leaving.size, desk.cluster.disks.size]).toEqual([3, 0, 3]);
    desk.world.startMs = () => 300;
    const [stuck] = desk.cluster.pods.filter(({ node }) => node === `${NAME}-2`);
    if (stuck !== undefined) desk.world.kill(desk.cluster, stuck);
    desk.world.pass(1_000);
    await desk.perform({ kind: 'mend' });
    expect(desk.cluster.ring).toHaveLength(3);
  });

  it.each([true, false])('down keeps the volumes unless it is to purge them (%s)', async (purge) => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    await desk.perform({ kind: 'scale', replicas: 1, purge });
    expect(desk.cluster.disks.size).toBe(purge ? 1 : 3);
  });

  it('down waits for what clients wrote to a leaving node until their connections were cut', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    const [, , last] = desk.cluster.pods;
    let version = 0;
    desk.crashPoint = () => {
      if (last === undefined || !desk.cluster.pods.includes(last)) return;
      desk.world.write(last, 'test', 'late', (version += 1));
    };
    await desk.perform({ kind: 'scale', replicas: 2, purge: true });
    desk.world.pass(500);
    const seen = desk.cluster.pods.map(({ disk }) => disk.databases.get('test')?.get('late'));
    expect([version > 0, seen]).toEqual([true, [version, version]]);
  });

  it.each(['rc', 'deployment'] as const)(
    'down copies again what came after the copy had begun (%s)',
    async (spawner) => {
      const desk = openClusterDesk(spawner);
      await desk.perform(CREATE);
      let written = 0;
      desk.crashPoint = (point) => {
        if (point !== 'leave-1-1-confirm-1-copy-await:after') return;
        for (const pod of desk.cluster.pods.filter(({ node }) => desk.cluster.leaving.has(node))) {
          if (desk.world.write(pod, 'test', `late-${pod.node}`, 1)) written += 1;
        }
      };
      await desk.perform({ kind: 'scale', replicas: 1, purge: true });
      const [stays] = desk.cluster.pods;
      expect([written, stays?.disk.databases.get('test')?.size]).toEqual([2, 2]);
    },
  );

  it('down does not happen where a leaving node goes away before all was confirmed, for longer than it may', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    desk.crashPoint = (point) => {
      if (point !== 'leave-1-1-confirm-since:before') return;
      desk.world.startMs = () => undefined;
      for (const pod of desk.cluster.pods.filter(({ node }) => node === `${NAME}-3`))
        desk.world.kill(desk.cluster, pod);
    };
    const outcome = await desk.perform({ kind: 'scale', replicas: 2, purge: true });
    expect(codeOf(outcome)).toBe('nodes-not-confirmed');
    expect([desk.cluster.wish.replicas, desk.cluster.leaving.size, desk.cluster.disks.size]).toEqual([3, 0, 3]);
  });
});

describe('replicating', () => {
  it('goes back to the former list where CouchDB refuses a database', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    desk.couch.onRequest = (_address, method) => {
      if (method === 'ensureDatabases') throw new AppError('unprocessable', 'couchdb-refused', 'illegal name');
    };
    expect(codeOf(await desk.perform({ kind: 'replicate', databases: ['a'] }))).toBe('couchdb-refused');
    expect(desk.cluster.wish.databases).toEqual(['_users', 'test']);
  });
});

describe('a ring with a dead node', () => {
  it.each(['rc', 'deployment'] as const)(
    'is drawn without it, and with it again, and both are told (%s)',
    async (spawner) => {
      const desk = openClusterDesk(spawner);
      await desk.perform(CREATE);
      desk.told.length = 0;
      desk.world.startMs = () => 5_000;
      const [pod] = desk.cluster.pods;
      if (pod !== undefined) desk.world.kill(desk.cluster, pod);
      desk.world.pass(200);
      await desk.perform({ kind: 'mend' });
      expect(desk.cluster.ring).toHaveLength(2);
      desk.world.pass(5_000);
      await desk.perform({ kind: 'mend' });
      expect(desk.cluster.ring).toHaveLength(3);
      const cluster = 'The ring of CouchDB cluster `my-test-db1` of `johny2`';
      const joined = spawner === 'rc' ? `${NAME}-1` : (desk.cluster.pods.at(-1)?.node ?? '');
      expect(desk.told).toEqual([
        `${cluster}: \`${pod?.node ?? ''}\` bypassed; it goes through 2 of 3 nodes`,
        `${cluster}: \`${joined}\` put in; it is whole again, 3 nodes`,
      ]);
    },
  );

  it('is closed over the nodes that are known before a new one is filled', async () => {
    const desk = openClusterDesk('deployment');
    await desk.perform(CREATE);
    const [pod] = desk.cluster.pods;
    if (pod !== undefined) desk.world.kill(desk.cluster, pod);
    desk.world.pass(1_000);
    const rings: number[] = [];
    desk.host.onChange = (method, detail) => {
      if (method === 'note') rings.push((JSON.parse(detail) as { ring: unknown[] }).ring.length);
    };
    await desk.perform({ kind: 'mend' });
    expect(rings).toEqual([2, 3]);
  });
});

describe('the list of a cluster', () => {
  it('goes on after an operation that a bug has ended', async () => {
    const desk = openClusterDesk('rc');
    const first = desk.ask(CREATE);
    await desk.giveUp(new TypeError('undefined is not a function'));
    expect(desk.finished.get(first)?.outcome).toMatchObject({ state: 'failed', error: { code: 'internal-error' } });
    expect(await desk.perform(CREATE)).toMatchObject({ state: 'done' });
  });
});
