import type { OperationOutcome } from '@quartermaster/couchdb';
import { AppError, createSilentLogger, type EffectGuard } from '@quartermaster/foundation';
import type { LastOperation, OpenJob } from '@quartermaster/stores';
import { answerQuestion, type QuestionParts } from './answer-question.js';
import { openClusterDesk, type ClusterDesk } from './testing/cluster-desk.js';

const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

async function ask(
  desk: ClusterDesk,
  tag?: string,
  more: { waiting?: number; age?: number; owner?: string; mends?: string[]; last?: LastOperation } = {},
) {
  const answers: OperationOutcome[] = [];
  const work: QuestionParts['work'] = {
    acceptIfIdle: async (_cluster, { kind, id }) => {
      more.mends?.push(`${kind} ${id}`);
      return 'accepted';
    },
    countWaiting: async () => more.waiting ?? 0,
    loadLast: async () => more.last,
    answer: async (_id, outcome) => void answers.push(outcome),
    loadQuestion: async (id) => ({
      question: { id, owner: more.owner ?? 'johny2', ...(tag === undefined ? {} : { tag }) },
      asked_at: desk.world.time - (more.age ?? 0),
    }),
  };
  const { host, couch, world } = desk;
  const job = { id: 'j1' } as OpenJob;
  const producer: QuestionParts['producer'] = {
    describe: () => job,
    dispatch: async ({ id }) => void more.mends?.push(`dispatched ${id}`),
  };
  await answerQuestion({ host, couch, work, producer, now: () => world.time }, 'q1', guard, createSilentLogger());
  return answers[0];
}
async function withCluster(): Promise<ClusterDesk> {
  const desk = openClusterDesk('rc');
  await desk.perform({ kind: 'create', replicas: 2, password_hash: '-pbkdf2-x' });
  desk.world.pass(500);
  return desk;
}

describe('a question about clusters', () => {
  it('is answered with how nodes and replications stand', async () => {
    expect(await ask(await withCluster(), 'my-test-db1')).toMatchObject({
      state: 'done',
      result: {
        Tag: 'my-test-db1',
        Nodes: [{ Ready: true }, { Ready: true }],
        Replications: [1, 2, 3, 4].map(() => ({ State: 'running' })),
      },
    });
  });

  it('is answered for all clusters of an account, and of no other', async () => {
    const desk = await withCluster();
    expect(await ask(desk)).toMatchObject({ state: 'done', result: [{ Tag: 'my-test-db1' }] });
    expect(await ask(desk, undefined, { owner: 'other' })).toMatchObject({ state: 'done', result: [] });
    expect(await ask(desk, 'my-test-db1', { owner: 'other' })).toMatchObject({ error: { code: 'unknown-cluster' } });
  });

  it.each<[LastOperation['state'], object]>([
    [{ state: 'waiting' }, {}],
    [{ state: 'done', message: 'It is scaled: 5 nodes' }, { Message: 'It is scaled: 5 nodes' }],
    [
      { state: 'failed', error: { kind: 'unavailable', code: 'cluster-not-ready', message: '2 of 5 are ready.' } },
      { Message: '2 of 5 are ready.', Code: 'cluster-not-ready' },
    ],
  ])('is answered with what was asked for last and what came of it', async (state, told) => {
    const answer = await ask(await withCluster(), 'my-test-db1', { last: { id: 'o1', kind: 'scale', state } });
    const LastOperation = { Id: 'o1', Kind: 'scale', State: state.state, ...told };
    expect((answer as unknown as { result: object }).result).toHaveProperty('LastOperation', LastOperation);
  });

  it('is answered with the reason where the cluster could not be made', async () => {
    const error = { kind: 'unavailable', code: 'cluster-not-ready', message: 'No node is ready.' } as const;
    const last = { id: 'o1', kind: 'create', state: { state: 'failed', error } } as const;
    const there = 'There is no CouchDB cluster my-test-db1.';
    const told = async (one: LastOperation) =>
      (await ask(openClusterDesk('rc'), 'my-test-db1', { last: one })) as object;
    expect(await told(last)).toMatchObject({
      error: { code: 'unknown-cluster', message: `${there} It could not be made: No node is ready.` },
    });
    expect(await told({ ...last, kind: 'scale' })).toMatchObject({ error: { message: there } });
  });

  it('is answered without what a silent node would have said', async () => {
    const desk = await withCluster();
    const [silent] = desk.cluster.ring;
    desk.world.isReachable = (address) => address !== silent?.address;
    const answer = await ask(desk, 'my-test-db1');
    const { Replications } = (answer as unknown as { result: { Replications: { State: string }[] } }).result;
    expect(Replications.map(({ State }) => State).sort()).toEqual(['running', 'running', 'unknown', 'unknown']);
  });

  it.each(['missing', 'failed'] as const)(
    'has a ring mended that has a way that is %s, once in a while, and asks for nothing else',
    async (state) => {
      const desk = await withCluster();
      const mends: string[] = [];
      await ask(desk, 'my-test-db1', { mends });
      expect(mends).toEqual([]);
      const [pod] = desk.cluster.pods;
      const [id] = pod?.disk.replications.keys() ?? [];
      const way = pod?.disk.replications.get(id ?? '');
      if (way !== undefined) way.state = 'failed';
      if (state === 'missing') pod?.disk.replications.delete(id ?? '');
      await ask(desk, undefined, { mends });
      await ask(desk, 'my-test-db1', { mends });
      const mend = expect.stringMatching(/^mend mend-my-test-db1-/) as string;
      expect(mends).toEqual([mend, 'dispatched j1', mend, 'dispatched j1']);
      expect(mends[0]).toBe(mends[2]);
      desk.world.pass(60_000);
      await ask(desk, 'my-test-db1', { mends });
      expect(mends[4]).not.toBe(mends[0]);
    },
  );

  it('waits for a cluster that is about to be made', async () => {
    await expect(ask(openClusterDesk('rc'), 'my-test-db1', { waiting: 1 })).rejects.toMatchObject({ delayMs: 250 });
  });

  it('is answered by nothing where nobody waits any more', async () => {
    expect(await ask(await withCluster(), 'my-test-db1', { age: 60_001 })).toBeUndefined();
  });

  it('is tried again where Kubernetes is away, and fails where it refuses', async () => {
    const desk = openClusterDesk('rc');
    desk.host.find = () => Promise.reject(new AppError('unavailable', 'kubernetes-unavailable', 'No answer.'));
    await expect(ask(desk, 'my-test-db1')).rejects.toMatchObject({ code: 'kubernetes-unavailable' });
    desk.host.find = () => Promise.reject(new AppError('unprocessable', 'kubernetes-forbidden', 'No right.'));
    expect(await ask(desk, 'my-test-db1')).toMatchObject({ error: { code: 'kubernetes-forbidden' } });
  });
});
