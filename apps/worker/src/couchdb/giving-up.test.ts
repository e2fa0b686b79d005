import type { OperationOutcome } from '@quartermaster/couchdb';
import { AppError } from '@quartermaster/foundation';
import { NAME, openClusterDesk, type ClusterDesk } from './testing/cluster-desk.js';

const CREATE = { kind: 'create', replicas: 3, password_hash: '-pbkdf2-x' } as const;
const UP = { kind: 'scale', replicas: 4, purge: false } as const;
const DOWN = { kind: 'scale', replicas: 2, purge: true } as const;
const HOUR_MS = 3_600_000;

const messageOf = (outcome: OperationOutcome | undefined): string =>
  outcome !== undefined && 'error' in outcome ? outcome.error.message : (outcome?.state ?? '');
const away = new AppError('unavailable', 'kubernetes-unavailable', 'No answer.');

async function openWithCluster(): Promise<ClusterDesk> {
  const desk = openClusterDesk('rc');
  await desk.perform(CREATE);
  return desk;
}

describe('an operation', () => {
  it('that has waited long for its turn is not given up for one failure', async () => {
    const desk = openClusterDesk('rc');
    const id = desk.ask(CREATE);
    desk.world.pass(2 * HOUR_MS);
    let failures = 0;
    desk.host.onChange = (method) => {
      if (method === 'make' && (failures += 1) <= 3) throw away;
    };
    await desk.work();
    expect(messageOf(desk.finished.get(id)?.outcome)).toBe('done');
  });

  it('that waits and waits is not given up for failures between which all answer', async () => {
    const desk = await openWithCluster();
    let until = Infinity;
    desk.world.fateOfCopy = () => (desk.world.time < until ? 'stands' : 'goes');
    desk.couch.show = (one) => ({ ...one, progress: desk.world.time });
    const failed: number[] = [];
    desk.couch.onRequest = (_address, method) => {
      if (method !== 'listReplications' || desk.points.at(-1) !== 'ring-1-fill-await:before') return;
      const last = failed.at(-1);
      if (last === undefined) until = desk.world.time + HOUR_MS + 120_000;
      if (last !== undefined && desk.world.time < last + 600_000) return;
      failed.push(desk.world.time);
      throw new AppError('unavailable', 'couchdb-unavailable', 'Busy.');
    };
    expect(messageOf(await desk.perform(UP))).toBe('done');
    expect(failed.length).toBeGreaterThan(6);
  });

  it('fails where nodes that were told to end do not, and they do not count any more', async () => {
    const desk = await openWithCluster();
    desk.host.endNodes = async () => ({ done: false });
    expect(messageOf(await desk.perform(DOWN))).toBe(
      `After an hour Kubernetes has not ended all of CouchDB cluster my-test-db1: of ${NAME}-3 something is left.`,
    );
    expect(desk.cluster.wish.replicas).toBe(2);
  });

  it('fails where what was deleted does not go', async () => {
    const desk = await openWithCluster();
    desk.host.remove = async () => ({ left: 2 });
    const outcome = await desk.perform({ kind: 'delete' });
    expect(messageOf(outcome)).toMatch(/: 2 objects are left\.$/);
    expect(outcome).toMatchObject({ error: { code: 'objects-not-gone', kind: 'unavailable' } });
  });

  it('fails where a copy does not get on, though clients write to its target', async () => {
    const desk = await openWithCluster();
    desk.world.fateOfCopy = () => 'stands';
    desk.couch.show = (one) => ({ ...one, progress: 17 });
    let version = 0;
    desk.world.onTick = () => {
      for (const pod of desk.cluster.pods) desk.world.write(pod, 'test', 'a', (version += 1));
    };
    expect(messageOf(await desk.perform(DOWN))).toMatch(/Nothing of database \w+ has come .* for 10 minutes/);
  });

  it('goes on where a copy gets on that brings nothing new for long', async () => {
    const desk = await openWithCluster();
    let until = Infinity;
    desk.world.fateOfCopy = () => {
      if (until === Infinity) until = desk.world.time + 1_500_000;
      return desk.world.time < until ? 'stands' : 'goes';
    };
    desk.couch.show = (one) => ({ ...one, progress: desk.world.time });
    expect(messageOf(await desk.perform(DOWN))).toBe('done');
  });

  it('pauses before it plans a ring anew', async () => {
    const desk = openClusterDesk('deployment');
    await desk.perform(CREATE);
    const planned: number[] = [];
    desk.crashPoint = (point) => {
      if (!/^ring-\d+-plan:after$/.test(point) || planned.push(desk.world.time) > 3) return;
      const [pod] = desk.cluster.pods;
      if (pod !== undefined) desk.world.kill(desk.cluster, pod);
    };
    await desk.perform({ kind: 'mend' });
    const [first = 0, second = 0] = planned;
    expect(second - first).toBeGreaterThanOrEqual(1_000);
  });
});

describe('a node that can not be reached', () => {
  /** Scales up while copies fail, so that one try goes on and on; `isOut`: by ms since then, and which node. */
  async function scaleUp(isOut: (since: number, node: number) => boolean): Promise<string> {
    const desk = await openWithCluster();
    const began = desk.world.time;
    desk.world.fateOfCopy = () => (desk.world.time - began < 70_000 ? 'fails' : 'goes');
    desk.world.isReachable = (address) => !isOut(desk.world.time - began, Number(address.split('-').at(-1)));
    return messageOf(await desk.perform(UP));
  }
  const wrongPlace = /^The worker can't reach pod addresses/;

  it('again and again, but was reached meanwhile, does not mean that the worker stands in the wrong place', async () => {
    expect(await scaleUp((since) => since % 30_000 >= 8_000 && since % 30_000 < 20_000)).toBe('done');
  });

  it('after another one that could not be reached does not mean it either', async () => {
    const isOut = (since: number, node: number): boolean => since < 45_000 && node === (since < 20_000 ? 1 : 2);
    expect(await scaleUp(isOut)).toBe('done');
  });

  it('for as long as it may be means that, however slowly it fails', async () => {
    const desk = await openWithCluster();
    desk.world.isReachable = () => false;
    desk.couch.onRequest = () => desk.world.pass(6_000);
    expect(messageOf(await desk.perform(UP))).toMatch(wrongPlace);
    expect(await scaleUp((_since, node) => node === 2)).toMatch(wrongPlace);
  });
});
