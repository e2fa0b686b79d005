import type { OperationOutcome } from '@quartermaster/couchdb';
import { AppError } from '@quartermaster/foundation';
import { NAME, openClusterDesk, type ClusterDesk } from './testing/cluster-desk.js';
import type { Pod } from './testing/world.js';

const CREATE = { kind: 'create', replicas: 3, password_hash: '-pbkdf2-x' } as const;
const DOWN = { kind: 'scale', replicas: 2, purge: true } as const;

const messageOf = (outcome: OperationOutcome): string => ('error' in outcome ? outcome.error.message : outcome.state);
const podOf = (desk: ClusterDesk, node: string): Pod | undefined =>
  desk.cluster.pods.find((pod) => pod.node === `${NAME}-${node}` && pod.endsAt === undefined);

/** A client that finds a node whenever it is in front, and keeps its connection until the pod is gone. */
function writeTo(desk: ClusterDesk, node: string): { versions: number } {
  const written = { versions: 0 };
  let held: Pod | undefined;
  desk.world.onTick = () => {
    const pod = podOf(desk, node);
    if (held === undefined || !desk.cluster.pods.includes(held)) held = pod?.serving === true ? pod : undefined;
    if (held === undefined || !desk.world.isReady(held)) return;
    if (desk.world.write(held, 'test', 'kept', written.versions + 1)) written.versions += 1;
  };
  desk.world.pass(500);
  expect(written.versions).toBeGreaterThan(0);
  return written;
}
const keptBy = (desk: ClusterDesk): unknown[] =>
  desk.cluster.pods.map(({ disk }) => disk.databases.get('test')?.get('kept'));

describe('nodes that leave', () => {
  it('are started anew only when nothing of them is left: two CouchDBs never have one volume', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    const written = writeTo(desk, '3');
    let most = 0;
    const write = desk.world.onTick;
    desk.world.onTick = () => {
      write();
      most = Math.max(most, desk.cluster.pods.filter(({ node }) => node === `${NAME}-3`).length);
    };
    expect(messageOf(await desk.perform(DOWN))).toBe('done');
    expect([most, desk.cluster.held.size]).toEqual([1, 0]);
    expect(keptBy(desk)).toEqual([written.versions, written.versions]);
  });

  it('stay, with a pod, where the former pod does not end', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    desk.world.end = (pod) => void (pod.endsAt = Infinity);
    expect(messageOf(await desk.perform(DOWN))).toContain(`${NAME}-3 did not end within 5 min`);
    desk.world.pass(500);
    expect([podOf(desk, '3')?.serving, desk.cluster.wish.replicas]).toEqual([true, 3]);
  });

  it.each([
    ['rc', '3'],
    ['statefulset', '2'],
  ] as const)('are cut off again where a controller brings them back in front (%s)', async (spawner, last) => {
    const desk = openClusterDesk(spawner);
    await desk.perform(CREATE);
    const written = writeTo(desk, last);
    let stale = 1;
    desk.world.isStale = () => (stale -= 1) >= 0;
    expect(messageOf(await desk.perform(DOWN))).toBe('done');
    expect([stale < 0, desk.points]).toEqual([true, expect.arrayContaining(['leave-1-2-take-out:after'])]);
    expect(keptBy(desk)).toEqual([written.versions, written.versions]);
  });

  it.each(['look', 'copy-await', 'compare'])(
    'are cut off again where that comes while it is confirmed (%s)',
    async (step) => {
      const desk = openClusterDesk('rc');
      await desk.perform(CREATE);
      const written = writeTo(desk, '3');
      desk.crashPoint = (point) => {
        if (point !== `leave-1-1-confirm-1-${step}:before`) return;
        desk.crashPoint = () => undefined;
        desk.cluster.templates.set(`${NAME}-3`, { out: true, changedAt: desk.world.time });
        let stale = 1;
        desk.world.isStale = () => (stale -= 1) >= 0;
        const pod = podOf(desk, '3');
        if (pod !== undefined) desk.world.kill(desk.cluster, pod);
        desk.world.pass(1_000);
      };
      expect(messageOf(await desk.perform(DOWN))).toBe('done');
      expect(desk.points).toContain('leave-1-2-take-out:after');
      expect(keptBy(desk)).toEqual([written.versions, written.versions]);
    },
  );

  it('take no node out of service that stays and is started anew meanwhile', async () => {
    const desk = openClusterDesk('statefulset');
    await desk.perform(CREATE);
    let until = Infinity;
    desk.world.fateOfCopy = () => (desk.world.time < until ? 'stands' : 'goes');
    desk.crashPoint = (point) => {
      if (point !== 'leave-1-1-confirm-1-copy-await:before' || until < Infinity) return;
      until = desk.world.time + 60_000;
      const pod = podOf(desk, '1');
      if (pod !== undefined) desk.world.kill(desk.cluster, pod);
    };
    const seen: unknown[] = [];
    desk.world.onTick = () => {
      if (desk.world.time === until - 1_000) seen.push(podOf(desk, '1')?.serving, podOf(desk, '2')?.serving);
    };
    expect(messageOf(await desk.perform(DOWN))).toBe('done');
    expect(seen).toEqual([true, false]);
  });

  it('stay where the others do not take all that they have', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    desk.couch.show = (one) => (one.database === 'test' && !one.continuous ? { ...one, writeFailures: 2 } : one);
    expect(messageOf(await desk.perform(DOWN))).toContain(
      `${NAME}-1 did not take 2 documents of database test from ${NAME}-3.`,
    );
    expect([desk.cluster.wish.replicas, desk.cluster.disks.size]).toEqual([3, 3]);
  });

  it('stay where nothing can be copied, and it is said why', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    desk.world.fateOfCopy = () => 'fails';
    desk.couch.show = (one) => (one.state === 'failed' ? { ...one, reason: 'no space left' } : one);
    expect(messageOf(await desk.perform(DOWN))).toMatch(
      /not scaled down: database \w+ could not be copied from \S+-3 to \S+-1: no space left\./,
    );
  });
});

describe('nodes that are in the way of nothing', () => {
  it('part before they end where Kubernetes has refused others, if clients may have found them', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    desk.host.onChange = (method, detail) => {
      if (method !== 'make' || !detail.includes('controller/5')) return;
      desk.world.pass(1_000);
      const pod = podOf(desk, '4');
      if (pod === undefined) throw new Error('There is no such node.');
      pod.disk.databases.set('test', new Map());
      desk.world.write(pod, 'test', 'kept', 7);
      throw new AppError('unprocessable', 'kubernetes-refused', 'exceeded quota.');
    };
    expect(messageOf(await desk.perform({ kind: 'scale', replicas: 5, purge: false }))).toBe('exceeded quota.');
    desk.world.pass(1_000);
    expect([keptBy(desk), desk.cluster.wish.replicas]).toEqual([[7, 7, 7], 3]);
  });

  it('stay where they can not part, and so does the number of nodes', async () => {
    const desk = openClusterDesk('rc');
    await desk.perform(CREATE);
    desk.host.onChange = (method, detail) => {
      if (method !== 'make' || !detail.includes('controller/5')) return;
      desk.world.pass(1_000);
      desk.world.fateOfCopy = () => 'fails';
      throw new AppError('unprocessable', 'kubernetes-refused', 'exceeded quota.');
    };
    expect(messageOf(await desk.perform({ kind: 'scale', replicas: 5, purge: false }))).toMatch(
      /^exceeded quota\. What was made stays, as it may have data that the others lack: database \w+ could not/,
    );
    expect([desk.cluster.pods.length, desk.cluster.leaving.size, desk.cluster.wish.replicas]).toEqual([4, 0, 5]);
  });
});
