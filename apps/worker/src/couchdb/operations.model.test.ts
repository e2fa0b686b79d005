import { needsMending, planRing, SPAWNER_TYPES, type ClusterChange, type SpawnerType } from '@quartermaster/couchdb';
import { Crash, KEY, openClusterDesk, type ClusterDesk } from './testing/cluster-desk.js';
import type { Pod } from './testing/world.js';

const SEEDS = 25;
const DATABASES = ['test', 'products', 'orders'];

/** Numbers that look random and are the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A cluster under clients that write all the time, workers that die, nodes that die, and whatever is asked for. */
function openModel(spawner: SpawnerType, seed: number) {
  const random = createRandom(seed);
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const desk = openClusterDesk(spawner);
  const { world } = desk;
  /** `database document` → version that a node has said yes to. */
  const acknowledged = new Map<string, number>();
  let isTurbulent = true;
  let serial = 0;

  world.startMs = () => 200 + random() * 800;
  world.fateOfCopy = () => {
    if (!isTurbulent) return 'goes';
    return chance(0.01) ? 'fails' : chance(0.3) ? 'stands' : 'goes';
  };
  world.isStale = () => isTurbulent && chance(0.3);
  desk.crashPoint = () => {
    if (isTurbulent && chance(0.03)) throw new Crash();
  };
  // Clients keep their connection: it ends with its pod only.
  const connections: (Pod | undefined)[] = [undefined, undefined, undefined];
  world.onTick = () => {
    const [cluster] = world.clusters.values();
    if (cluster === undefined || !isTurbulent) return;
    for (const [index, held] of connections.entries()) {
      const isAlive = held !== undefined && cluster.pods.includes(held);
      const inFront = cluster.pods.filter((pod) => world.isReady(pod) && pod.serving && pod.endsAt === undefined);
      const pod = isAlive ? held : pick(inFront);
      connections[index] = pod;
      const database = pick(DATABASES) ?? '';
      if (pod === undefined || !world.isReady(pod) || !chance(0.3)) continue;
      const document = `d${Math.floor(random() * 30)}`;
      serial += 1;
      if (world.write(pod, database, document, serial)) acknowledged.set(`${database} ${document}`, serial);
    }
  };
  // What only one node of a Deployment had is lost with it, and nothing else is.
  world.onLost = (cluster, lost) => {
    if (cluster.wish.spawner !== 'deployment') return;
    for (const [database, documents] of lost.databases) {
      for (const [document, version] of documents) {
        const others = cluster.pods.map(({ disk }) => disk.databases.get(database)?.get(document) ?? 0);
        const best = Math.max(0, ...others);
        const name = `${database} ${document}`;
        if (best < version && acknowledged.get(name) === version) acknowledged.set(name, best);
      }
    }
  };

  const mend = async (): Promise<void> => {
    for (let round = 0; round < 50; round += 1) {
      const [cluster] = await desk.host.list(KEY.owner, {
        signal: new AbortController().signal,
        assertHeld: () => undefined,
      });
      if (
        cluster === undefined ||
        (!needsMending(cluster) && cluster.nodes.filter(({ ready }) => ready).length === cluster.replicas)
      )
        return;
      if (needsMending(cluster)) await desk.perform({ kind: 'mend' });
      else world.pass(500);
    }
    throw new Error('The ring is not mended.');
  };
  return {
    desk,
    acknowledged,
    pick,
    chance,
    mend,
    calm: () => void (isTurbulent = false),
    storm: () => void (isTurbulent = true),
    kill: () => {
      const cluster = world.clusters.get(desk.cluster.name);
      const pod = pick((cluster?.pods ?? []).filter((one) => world.isReady(one)));
      if (cluster !== undefined && pod !== undefined) world.kill(cluster, pod);
    },
  };
}

/** Every way of the ring runs, and there are no others. */
function expectWhole({ cluster, world }: ClusterDesk): void {
  const { wish, ring, pods } = cluster;
  expect(ring).toHaveLength(wish.replicas);
  expect(pods).toHaveLength(wish.replicas);
  const wanted = planRing(ring, wish.databases).map(({ id }) => `${id} running`);
  const standing = pods.flatMap(({ disk }) =>
    [...disk.replications.values()].map(({ wish: { id }, state }) => `${id} ${state}`),
  );
  expect(standing.sort()).toEqual(wanted.sort());
  expect(pods.every((pod) => world.isReady(pod))).toBe(true);
}

function expectNothingLost({ cluster }: ClusterDesk, acknowledged: ReadonlyMap<string, number>): void {
  for (const [name, version] of acknowledged) {
    const [database = '', document = ''] = name.split(' ');
    if (version === 0 || !cluster.wish.databases.includes(database)) continue;
    for (const { node, disk } of cluster.pods) {
      expect([node, name, disk.databases.get(database)?.get(document) ?? 0]).toEqual([node, name, version]);
    }
  }
}

describe.each(SPAWNER_TYPES)('any sequence of operations on a cluster (%s)', (spawner) => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'ends right while workers and nodes die and clients write (seed %i)',
    async (seed) => {
      const model = openModel(spawner, seed);
      const { desk, pick, chance } = model;
      await desk.perform({ kind: 'create', replicas: pick([1, 2, 3, 4]) ?? 1, password_hash: '-pbkdf2-x' });
      // All that clients write to is carried by the ring.
      await desk.perform({ kind: 'replicate', databases: DATABASES });
      for (let count = 0; count < 6; count += 1) {
        const change: ClusterChange = chance(0.8)
          ? { kind: 'scale', replicas: pick([1, 2, 3, 5, 6]) ?? 1, purge: chance(0.4) }
          : { kind: 'replicate', databases: [pick(DATABASES) ?? ''] };
        desk.ask(change);
        for (let tries = 0; !(await desk.tryOnce()); tries += 1) {
          if (tries > 3_000) throw new Error('It does not come to an end.');
          // One that dies while another one is away may have had the only copy, where nothing is kept.
          if (spawner !== 'deployment' && chance(0.1)) model.kill();
        }
        desk.world.pass(300);
        if (chance(0.5)) model.kill();
        await model.mend();
      }
      model.calm();
      await model.mend();
      desk.world.pass(3_000);
      expectWhole(desk);
      expectNothingLost(desk, model.acknowledged);

      const { replicas } = desk.cluster.wish;
      const before = [desk.host.changes, desk.couch.changes];
      await desk.perform({ kind: 'scale', replicas, purge: false });
      await desk.perform({ kind: 'replicate', databases: ['test'] });
      await desk.perform({ kind: 'mend' });
      expect([desk.host.changes, desk.couch.changes]).toEqual(before);

      model.storm();
      expect(await desk.perform({ kind: 'delete' })).toMatchObject({ state: 'done' });
      expect(desk.world.clusters.size).toBe(0);
    },
  );
});
