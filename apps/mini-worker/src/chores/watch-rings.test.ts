import { clusterName, type ClusterOperation, type StandingCluster } from '@quartermaster/couchdb';
import { createSilentLogger, type EffectGuard } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import type { AcceptedOperation, ClusterBoard, OpenJob } from '@quartermaster/stores';
import { createWatchRings } from './watch-rings.js';

const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const node = (name: string, ready = true) => ({
  name,
  address: `a${name}`,
  incarnation: `u${name}`,
  ready,
  leaving: false,
});
const ringNode = (name: string) => ({ name, address: `a${name}`, incarnation: `u${name}` });

function standing(tag: string, readyNames: string[]): StandingCluster {
  const key = { owner: 'johny2', tag };
  return {
    ...key,
    spawner: 'rc',
    replicas: 2,
    databases: ['test'],
    name: clusterName(key),
    namespace: 'default',
    createdBy: 'o1',
    deleting: false,
    ring: ['1', '2'].map(ringNode),
    nodes: ['1', '2'].map((name) => node(name, readyNames.includes(name))),
  };
}

/** `rounds`: when (ms) the chore is done. */
async function watch(
  known: string[],
  clusters: StandingCluster[],
  answer: AcceptedOperation = 'accepted',
  rounds: readonly number[] = [0],
) {
  const [asked, dispatched, checks]: [ClusterOperation[], OpenJob[], string[]] = [[], [], []];
  let listed = 0;
  const board: ClusterBoard = {
    listClusters: async () => known.map((tag) => ({ owner: 'johny2', tag })),
    acceptIfIdle: async (_cluster, operation) => {
      asked.push(operation);
      return answer;
    },
  };
  const producer = {
    describe: (name: string, payload: object) => ({ id: 'j1', name, payload }),
    dispatch: async (job: OpenJob) => void dispatched.push(job),
    enqueue: async (name: string, { tag }: { tag: string }, { due_at }: { due_at: number }) =>
      void checks.push(`${name} ${tag} at ${due_at}`),
  } as unknown as Producer;
  const list = async () => {
    listed += 1;
    return clusters;
  };
  let rings: unknown;
  let time = 0;
  const chore = createWatchRings({
    board,
    host: () => ({ list }),
    producer,
    tellRings: (found) => void (rings = Object.fromEntries(found)),
    log: createSilentLogger(),
    now: () => time,
  });
  for (time of rounds) await chore.run(guard);
  return {
    asked: asked.map(({ kind, tag }) => `${kind} ${tag}`),
    dispatched: dispatched.map(({ payload }) => payload),
    checks,
    listed,
    rings,
  };
}

describe('watching rings', () => {
  it('asks nobody where there is no cluster', async () => {
    expect(await watch([], [standing('a', ['1'])])).toEqual({
      asked: [],
      dispatched: [],
      checks: [],
      listed: 0,
      rings: {},
    });
  });

  it('has the rings mended that do not go through the nodes that are there, and no others', async () => {
    const clusters = [standing('a', ['1']), standing('b', ['1', '2']), standing('strange', ['1'])];
    expect(await watch(['a', 'b'], clusters)).toEqual({
      asked: ['mend a'],
      dispatched: [{ cluster: clusterName({ owner: 'johny2', tag: 'a' }) }],
      checks: ['check-ring a at 0', 'check-ring b at 15000'],
      listed: 1,
      rings: {
        [clusterName({ owner: 'johny2', tag: 'a' })]: { missing: 0, isBroken: true },
        [clusterName({ owner: 'johny2', tag: 'b' })]: { missing: 0, isBroken: false },
      },
    });
  });

  it('tells how many nodes that are ready a ring does not go through', async () => {
    const cluster = standing('a', ['1', '2']);
    const [rings] = [(await watch(['a'], [{ ...cluster, ring: [ringNode('1')] }])).rings];
    expect(rings).toEqual({ [cluster.name]: { missing: 1, isBroken: true } });
  });

  it('has the nodes asked how far they have come every 30 s, where there is a ring that stays', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((tag) => standing(tag, ['1', '2'])) as [
      StandingCluster,
      ...StandingCluster[],
    ];
    const clusters = [a, { ...a, ...b, deleting: true }, { ...a, ...c, ring: [ringNode('1')] }];
    const rounds = [0, 10_000, 29_999, 30_000, 40_000];
    expect((await watch(['a', 'b', 'c'], clusters, 'busy', rounds)).checks).toEqual([
      'check-ring a at 0',
      'check-ring a at 30000',
    ]);
  });

  it('leaves alone what an operation waits for already', async () => {
    expect(await watch(['a'], [standing('a', ['1'])], 'busy')).toMatchObject({ asked: ['mend a'], dispatched: [] });
  });
});
