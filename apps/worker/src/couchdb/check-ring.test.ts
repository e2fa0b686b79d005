import { createSilentLogger, type EffectGuard } from '@quartermaster/foundation';
import type { OpenJob } from '@quartermaster/stores';
import { checkRing } from './check-ring.js';
import { KEY, NAME, openClusterDesk, type ClusterDesk } from './testing/cluster-desk.js';

const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

async function check({ host, couch, world }: ClusterDesk) {
  const noted: object[] = [];
  const mends: string[] = [];
  const parts = {
    host,
    couch,
    rings: { note: async (cluster: string, figures: object) => void noted.push({ cluster, ...figures }) },
    work: {
      acceptIfIdle: async (_cluster: string, { id }: { id: string }) => (mends.push(id), 'accepted' as const),
    },
    producer: { describe: () => ({ id: 'j1' }) as OpenJob, dispatch: async () => undefined },
    now: () => world.time,
  };
  await checkRing(parts, KEY, guard, createSilentLogger());
  return { noted, mends };
}

async function withCluster(): Promise<ClusterDesk> {
  const desk = openClusterDesk('rc');
  await desk.perform({ kind: 'create', replicas: 3, password_hash: '-pbkdf2-x' });
  desk.world.pass(500);
  return desk;
}

const minuteOf = ({ world }: ClusterDesk): number => Math.floor(world.time / 60_000);

describe('a look at a ring', () => {
  it('is noted, with what one node has more than the next', async () => {
    const desk = await withCluster();
    desk.cluster.pods.forEach(({ disk }, index) => disk.sequences.set('_users', index === 0 ? 12 : 5));
    const { noted, mends } = await check(desk);
    expect(noted).toEqual([{ cluster: NAME, pending: 7, ways: { running: 6 } }]);
    expect(mends).toEqual([]);
  });

  it('believes CouchDB where that says what is pending, and counts nothing then', async () => {
    const desk = await withCluster();
    const asked = new Set<string>();
    desk.couch.onRequest = (_address, method) => void asked.add(method);
    desk.couch.show = (replication) => ({ ...replication, pending: 40 });
    expect((await check(desk)).noted).toMatchObject([{ pending: 40 }]);
    expect([...asked]).toEqual(['listReplications']);
  });

  it('notes as unknown what nobody says', async () => {
    const desk = await withCluster();
    desk.world.isReachable = () => false;
    expect((await check(desk)).noted).toEqual([{ cluster: NAME, ways: { unknown: 6 } }]);
  });

  it('has a ring with gaps mended, though nobody has asked for it', async () => {
    const desk = await withCluster();
    desk.cluster.pods[0]?.disk.replications.clear();
    const { noted, mends } = await check(desk);
    expect(noted).toMatchObject([{ ways: { running: 4, missing: 2 } }]);
    expect(mends).toEqual([`mend-${NAME}-${minuteOf(desk)}`]);
  });

  it('has it mended only now and then where CouchDB has given a replication up: it may do so again', async () => {
    const desk = await withCluster();
    for (const way of desk.cluster.pods[0]?.disk.replications.values() ?? []) way.state = 'failed';
    const ids = [];
    for (let minute = 0; minute < 31; minute += 1) {
      ids.push(...(await check(desk)).mends);
      desk.world.time += 60_000;
    }
    expect(new Set(ids).size).toBe(3);
  });

  it('is not taken where there is no cluster', async () => {
    expect(await check(openClusterDesk('rc'))).toEqual({ noted: [], mends: [] });
  });
});
