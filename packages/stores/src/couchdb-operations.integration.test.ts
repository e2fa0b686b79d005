import { clusterName, type ClusterChange, type ClusterOperation, type OperationOutcome } from '@quartermaster/couchdb';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createAccounts } from './accounts.js';
import { createClusterOperations } from './couchdb-operations.js';
import type { AcceptedOperation, FinishedOperation } from './couchdb-work.js';
import { createOpenJobs, type OpenJob } from './open-jobs.js';

const FENCE = 4;
const NOW = 1_700_000_000_000;
const HASH = '-pbkdf2-0123456789,abcdef,10';
const CREATE: ClusterChange = { kind: 'create', replicas: 3, password_hash: HASH };
const SCALE: ClusterChange = { kind: 'scale', replicas: 5, purge: false };
const DONE: OperationOutcome = { state: 'done', message: 'Done.' };
const FAILED: OperationOutcome = {
  state: 'failed',
  error: { kind: 'conflict', code: 'cluster-exists', message: 'There is one already.' },
};

let test: TestRedis;
let operations: ReturnType<typeof createClusterOperations>;
let accounts: ReturnType<typeof createAccounts>;
let serial = 0;
beforeEach(async () => {
  test = await openTestRedis();
  operations = createClusterOperations(test.redis, test.keys);
  accounts = createAccounts(test.redis, test.keys);
  await accounts.create({ username: 'ann', token_hash: 'h', created_at: 'c' });
});
afterEach(() => test.close());

const jobOf = (cluster: string): OpenJob => ({
  id: `work-off-${cluster}`,
  name: 'work-off-cluster',
  payload: { cluster },
  wake: 'w1',
});
const make = (change: ClusterChange, tag = 'first', owner = 'ann'): ClusterOperation => ({
  id: `o${(serial += 1)}`,
  owner,
  tag,
  ...change,
});
async function accept(
  operation: ClusterOperation,
  how: 'accept' | 'acceptIfIdle' = 'accept',
): Promise<AcceptedOperation> {
  const cluster = clusterName(operation);
  await test.redis.hset(test.keys.journal(`couchdb:${cluster}`), 'fence', FENCE);
  return operations[how](cluster, operation, jobOf(cluster), NOW);
}
const finish = (
  operation: ClusterOperation,
  finished: Partial<FinishedOperation> = {},
  fence = FENCE,
): Promise<boolean> =>
  operations.finish(clusterName(operation), fence, operation.id, { outcome: DONE, ...finished }, NOW);
const tags = (owner = 'ann'): Promise<string[]> => test.redis.smembers(test.keys.accountClusters(owner));
const hoursLeft = async (id: string): Promise<number> =>
  Math.ceil((await test.redis.pttl(test.keys.couchdbOperation(id))) / 3_600_000);
const openJob = (id: string): Promise<OpenJob | undefined> => createOpenJobs(test.redis, test.keys).load(id);

describe('an accepted operation', () => {
  it('waits behind the former ones, has its job open and its cluster among the account’s', async () => {
    const [create, scale] = [{ ...make(CREATE), request_id: 'r1' }, make(SCALE)];
    expect([await accept(create), await accept(scale)]).toEqual(['accepted', 'accepted']);
    const cluster = clusterName(create);
    expect(await operations.head(cluster)).toEqual({ operation: create });
    expect(await operations.countWaiting(cluster, 'scale')).toBe(1);
    expect(await operations.countWaiting(cluster, 'delete')).toBe(0);
    expect(await operations.load(scale.id)).toEqual({ state: 'waiting' });
    expect(await openJob(jobOf(cluster).id)).toEqual(jobOf(cluster));
    expect(await tags()).toEqual(['first']);
    expect(await test.redis.pttl(test.keys.couchdbOperation(scale.id))).toBe(-1);
    expect([await operations.load('other'), await operations.head('other')]).toEqual([undefined, undefined]);
  });

  it('brings its cluster to the account only where it makes it', async () => {
    await accept(make(SCALE, 'never-made'));
    expect(await tags()).toEqual([]);
  });

  it('that comes again is the same one, and has its job open again only while it waits', async () => {
    const create = make(CREATE);
    const { id } = jobOf(clusterName(create));
    await accept(create);
    await createOpenJobs(test.redis, test.keys).close(id);
    expect(await accept(create)).toBe('same');
    expect(await openJob(id)).toBeDefined();
    await finish(create, { stands: true });
    await createOpenJobs(test.redis, test.keys).close(id);
    expect(await accept(create)).toBe('same');
    expect(await openJob(id)).toBeUndefined();
    expect(await operations.head(clusterName(create))).toBeUndefined();
  });

  it('needs an account, and leaves no trace without one', async () => {
    const foreign = make(CREATE, 'first', 'nobody');
    expect(await accept(foreign)).toBe('unknown-account');
    expect([await operations.load(foreign.id), await tags('nobody')]).toEqual([undefined, []]);
    expect(await operations.head(clusterName(foreign))).toBeUndefined();
    expect(await openJob(jobOf(clusterName(foreign)).id)).toBeUndefined();
  });

  it('is one of a hundred of its cluster at most', async () => {
    for (let count = 0; count < 100; count += 1) expect(await accept(make(SCALE))).toBe('accepted');
    const refused = make(SCALE);
    expect(await accept(refused)).toBe('full');
    expect(await operations.load(refused.id)).toBeUndefined();
    expect(await accept(make(SCALE, 'second'))).toBe('accepted');
  });

  it('is taken only while nothing else waits, where that is wanted', async () => {
    const mend = make({ kind: 'mend' });
    expect(await accept(mend, 'acceptIfIdle')).toBe('accepted');
    expect(await accept(make({ kind: 'mend' }), 'acceptIfIdle')).toBe('busy');
    expect(await accept(mend, 'acceptIfIdle')).toBe('same');
    await finish(mend);
    expect(await accept(make({ kind: 'mend' }), 'acceptIfIdle')).toBe('accepted');
  });
});

describe('an operation that has ended', () => {
  it('is off the list with what came of it, known for a day, and its password hash is forgotten', async () => {
    const [create, scale] = [make(CREATE), make(SCALE)];
    await accept(create);
    await accept(scale);
    const job = { id: 'notification-1', name: 'send-notification', payload: {} };
    const result = { Tag: 'first', Username: 'ann', Replicas: 3, Endpoint: 'e', Namespace: 'n', Databases: [] };
    const outcome: OperationOutcome = { state: 'done', message: 'Made.', result };
    expect(await finish(create, { outcome, stands: true, jobs: [job] })).toBe(true);
    expect(await operations.load(create.id)).toEqual(outcome);
    expect((await operations.head(clusterName(create)))?.operation.id).toBe(scale.id);
    expect(await openJob(job.id)).toEqual(job);
    expect(await hoursLeft(create.id)).toBe(24);
    expect(JSON.stringify(await test.redis.hgetall(test.keys.couchdbOperation(create.id)))).not.toContain(HASH);
    expect(await finish(scale, { outcome: FAILED })).toBe(true);
    expect(await operations.load(scale.id)).toEqual(FAILED);
  });

  it('is stored once, also by who lost the answer, and by the head’s only', async () => {
    const [first, second] = [make(SCALE), make(SCALE)];
    await accept(first);
    await accept(second);
    expect(await finish(second, { outcome: FAILED })).toBe(true);
    expect(await operations.load(second.id)).toEqual({ state: 'waiting' });
    await finish(first);
    expect(await finish(first, { outcome: FAILED })).toBe(true);
    expect(await operations.load(first.id)).toEqual(DONE);
    expect((await operations.head(clusterName(first)))?.operation.id).toBe(second.id);
  });

  it('is nobody’s who has been replaced', async () => {
    const create = make(CREATE);
    await accept(create);
    expect(await finish(create, { stands: false }, FENCE - 1)).toBe(false);
    expect(await operations.load(create.id)).toEqual({ state: 'waiting' });
    expect(await tags()).toEqual(['first']);
  });

  it('says whether its account has the cluster; where it does not say, nothing changes', async () => {
    const create = make(CREATE);
    await accept(create);
    await finish(create, { outcome: FAILED });
    expect(await tags()).toEqual(['first']);
    const remove = make({ kind: 'delete' });
    await accept(remove);
    await finish(remove, { stands: false });
    expect(await tags()).toEqual([]);
    const mend = make({ kind: 'mend' });
    await accept(mend);
    await finish(mend, { stands: true });
    expect(await tags()).toEqual(['first']);
  });

  it('leaves the cluster with its account while another is still to make it', async () => {
    const [first, remove, second] = [make(CREATE), make({ kind: 'delete' }), make(CREATE)];
    for (const operation of [first, remove, second]) await accept(operation);
    await finish(first, { stands: true });
    await finish(remove, { stands: false });
    expect(await accounts.remove('ann')).toEqual({ outcome: 'has-clusters', tags: ['first'] });
    await finish(second, { outcome: FAILED, stands: false });
    expect(await accounts.remove('ann')).toEqual({ outcome: 'removed' });
  });
});

describe('a question', () => {
  const job: OpenJob = { id: 'read-clusters-q1', name: 'read-clusters', payload: { question_id: 'q1' } };
  const question = { id: 'q1', owner: 'ann', tag: 'first', request_id: 'r1' };

  it('waits for an hour at most with its job open, and so long is its answer kept', async () => {
    expect(await operations.ask(question, job, NOW)).toBe('accepted');
    expect(await operations.loadQuestion('q1')).toEqual({ question, asked_at: NOW });
    expect(await operations.load('q1')).toEqual({ state: 'waiting' });
    expect([await openJob(job.id), await hoursLeft('q1')]).toEqual([job, 1]);
    await test.redis.pexpire(test.keys.couchdbOperation('q1'), 60_000);
    await operations.answer('q1', DONE);
    expect([await operations.load('q1'), await hoursLeft('q1')]).toEqual([DONE, 1]);
    expect(await operations.loadQuestion('q1')).toBeUndefined();
  });

  it('is the same one again, and of an account', async () => {
    await operations.ask(question, job, NOW);
    expect(await operations.ask(question, job, NOW)).toBe('same');
    expect(await operations.ask({ ...question, id: 'q2', owner: 'nobody' }, job, NOW)).toBe('unknown-account');
    expect(await operations.load('q2')).toBeUndefined();
  });

  it('that nobody asks any more is not answered', async () => {
    await operations.answer('gone', DONE);
    expect(await test.redis.exists(test.keys.couchdbOperation('gone'))).toBe(0);
  });
});

describe('the clusters of all accounts', () => {
  it('are those that were asked for and not deleted', async () => {
    await accounts.create({ username: 'bob', token_hash: 'h', created_at: 'c' });
    await accounts.create({ username: 'zoe', token_hash: 'h', created_at: 'c' });
    const gone = make(CREATE, 'gone');
    for (const one of [make(CREATE, 'first', 'bob'), make(CREATE, 'second'), make(CREATE), gone]) await accept(one);
    await finish(gone, { stands: false });
    expect(await operations.listClusters()).toEqual([
      { owner: 'ann', tag: 'first' },
      { owner: 'ann', tag: 'second' },
      { owner: 'bob', tag: 'first' },
    ]);
  });
});

describe('what was asked for last of a cluster', () => {
  it('is known while it waits and for a day after; a mend is nobody’s wish', async () => {
    const [create, scale] = [make(CREATE), make(SCALE)];
    const cluster = clusterName(create);
    expect(await operations.loadLast(cluster)).toBeUndefined();
    await accept(create);
    await accept(scale);
    expect(await operations.loadLast(cluster)).toEqual({ id: scale.id, kind: 'scale', state: { state: 'waiting' } });
    await finish(create, { counts: true });
    expect(await operations.loadLast(cluster)).toMatchObject({ id: scale.id });
    await finish(scale, { outcome: FAILED, counts: true });
    const mend = make({ kind: 'mend' });
    await accept(mend, 'acceptIfIdle');
    expect(await operations.loadLast(cluster)).toEqual({ id: scale.id, kind: 'scale', state: FAILED });
    await finish(mend);
    expect(await operations.loadLast(cluster)).toMatchObject({ id: scale.id });
    expect(Math.ceil((await test.redis.pttl(test.keys.couchdbLast(cluster))) / 3_600_000)).toBe(24);
  });

  it('is not what was only somebody’s mistake, once that is known', async () => {
    const [create, again] = [make(CREATE), make(CREATE)];
    const cluster = clusterName(create);
    await accept(create);
    await finish(create, { counts: true });
    await accept(again);
    expect(await operations.loadLast(cluster)).toMatchObject({ id: again.id });
    await finish(again, { outcome: FAILED, counts: false });
    expect(await operations.loadLast(cluster)).toEqual({ id: create.id, kind: 'create', state: DONE });
  });
});
