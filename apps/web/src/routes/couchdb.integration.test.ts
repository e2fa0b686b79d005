import type { OperationOutcome, ShownCluster } from '@quartermaster/couchdb';
import { createOpenJobs } from '@quartermaster/stores';
import { startCouchdbApi, type StartedCouchdbApi } from '../testing/couchdb-api.js';

const TOKEN = 'Ty5wvW7LuQ3T';
const LOGIN = { username: 'johny2', token: TOKEN };
const KEY = { owner: 'johny2', tag: 'my-test-db1' };
const TAGGED = { ...LOGIN, cluster_tag: 'my-test-db1' };
const AT_ONCE = { prefer: 'respond-async' };

const CLUSTER: ShownCluster = {
  Tag: 'my-test-db1',
  Username: 'johny2',
  Replicas: 3,
  Endpoint: 'http://10.0.0.7:5984',
  Namespace: 'default',
  Databases: ['_users', 'test'],
};
const done = (result?: ShownCluster | readonly ShownCluster[]): OperationOutcome => ({
  state: 'done',
  message: 'Done.',
  ...(result === undefined ? {} : { result }),
});

let api: StartedCouchdbApi;
beforeEach(async () => {
  api = await startCouchdbApi();
  await api.admin('POST', '/accounts', LOGIN);
});
afterEach(() => api.stop());

const waiting = async (): Promise<unknown> =>
  (await api.test.redis.keys(api.test.keys.couchdbWaiting('*'))).map((key) => key.split(':').pop());

describe('create', () => {
  it('is answered with the cluster and its password, in the order of kanto’s fields', async () => {
    const asked = api.kanto('create', { ...TAGGED, replicas: '3' });
    const operation = await api.finish(KEY, done(CLUSTER), true);
    const { status, headers, text, json } = await asked;
    expect(operation).toEqual({
      id: expect.any(String) as string,
      request_id: headers.get('x-request-id'),
      ...KEY,
      kind: 'create',
      replicas: 3,
      password_hash: expect.stringMatching(/^-pbkdf2-[0-9a-f]{40},[0-9a-f]+,\d+$/) as string,
    });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(json).toEqual({ status: 'ok', status_message: 'Done.', result: { ...CLUSTER, Password: TOKEN } });
    expect(text).toMatch(
      /^\{"status":"ok","status_message":"Done.","result":\{"Tag":"my-test-db1","Username":"johny2",/,
    );
    const order = ['Tag', 'Username', 'Password', 'Replicas', 'Endpoint', 'Namespace', 'Databases'];
    expect(Object.keys(json.result as object)).toEqual(order);
    expect(await api.test.redis.smembers(api.test.keys.accountClusters('johny2'))).toEqual(['my-test-db1']);
  });

  it('that takes longer goes on, and says so', async () => {
    const { status, headers, json } = await api.kanto('create', TAGGED, AT_ONCE);
    expect([status, headers.get('preference-applied')]).toEqual([202, 'respond-async']);
    expect(headers.get('warning')).toContain('couchdb-clusters');
    expect(json).toEqual({
      status: 'ok',
      status_message: expect.stringMatching(/my-test-db1 is being made.*\/v0\/detail/) as string,
      result: { Tag: 'my-test-db1', Username: 'johny2', Password: TOKEN, Operation: expect.any(String) },
    });
    expect(await createOpenJobs(api.test.redis, api.test.keys).count()).toBe(1);
    expect((await api.kanto('create', TAGGED, { prefer: 'wait=0' })).status).toBe(202);
  });

  it.each([
    ['no tag', {}, /^[a-z][a-z0-9]{9}$/],
    ['too short a tag', { cluster_tag: 'abc' }, /^[a-z][a-z0-9]{9}$/],
    ['too long a tag', { cluster_tag: 'abcdefghijklmnop' }, /^abcdefghijkl$/],
  ])('with %s makes one that can be', async (_, fields, expected) => {
    const { json } = await api.kanto('create', { ...LOGIN, ...fields }, AT_ONCE);
    expect((json.result as ShownCluster).Tag).toMatch(expected);
  });

  it.each([
    [{}, 1],
    [{ replicas: '' }, 1],
    [{ replicas: 'three' }, 1],
    [{ replicas: '0' }, 1],
    [{ replicas: '-5' }, 1],
    [{ replicas: '4' }, 4],
    [{ replicas: '99' }, 10],
  ])('with %j has %i replicas', async (fields, replicas) => {
    await api.kanto('create', { ...TAGGED, ...fields }, AT_ONCE);
    expect(await api.finish(KEY, done())).toMatchObject({ kind: 'create', replicas });
  });

  it('that fails has its reason’s status, and no password', async () => {
    const asked = api.kanto('create', TAGGED);
    await api.finish(KEY, {
      state: 'failed',
      error: { kind: 'conflict', code: 'cluster-exists', message: 'There is one already.' },
    });
    const { status, json } = await asked;
    expect(status).toBe(409);
    expect(json).toEqual({
      status: 'error',
      status_message: 'There is one already.',
      error_detail: 'cluster-exists',
    });
  });
});

describe('what is asked of a cluster', () => {
  it.each([
    ['delete', {}, { kind: 'delete' }],
    ['scale', { replicas: '50' }, { kind: 'scale', replicas: 10, purge: false }],
    ['scale', { replicas: '2', purge: 'true' }, { kind: 'scale', replicas: 2, purge: true }],
    ['replicate', { databases: 'special, mydb,mydb' }, { kind: 'replicate', databases: ['mydb', 'special'] }],
  ])('%s %j is one operation in its line', async (operation, fields, expected) => {
    const asked = api.kanto(operation, { ...TAGGED, ...fields });
    const ids = { id: expect.any(String) as string, request_id: expect.any(String) as string };
    expect(await api.finish(KEY, done(CLUSTER))).toEqual({ ...ids, ...KEY, ...expected });
    const { status, json } = await asked;
    expect([status, json.result]).toEqual([200, CLUSTER]);
    const slow = await api.kanto(operation, { ...TAGGED, ...fields }, AT_ONCE);
    expect([slow.status, slow.json.result]).toEqual([
      202,
      { Tag: 'my-test-db1', Username: 'johny2', Operation: expect.any(String) },
    ]);
    expect(slow.json.status_message).toContain('/v0/detail');
  });

  it('is shown without a result where there is none', async () => {
    const asked = api.kanto('delete', TAGGED);
    await api.finish(KEY, done(), false);
    expect((await asked).text).toBe('{"status":"ok","status_message":"Done."}');
  });

  it.each([
    ['not-found', 404],
    ['conflict', 409],
    ['unprocessable', 503],
    ['unavailable', 503],
    ['internal', 500],
  ] as const)('that fails as %s is answered with %i', async (kind, expected) => {
    const asked = api.kanto('scale', { ...TAGGED, replicas: '2' });
    await api.finish(KEY, { state: 'failed', error: { kind, code: 'the-code', message: 'Words.' } });
    const { status, json } = await asked;
    expect([status, json.status]).toEqual([expected, 'error']);
    expect(json.error_detail).toBe(kind === 'internal' ? 'internal-error' : 'the-code');
  });

  it('is a hundred things at most at a time', async () => {
    for (let count = 0; count < 100; count += 1) {
      await api.kanto('delete', TAGGED, AT_ONCE);
    }
    const { status, headers, json } = await api.kanto('delete', TAGGED, AT_ONCE);
    expect([status, headers.get('retry-after'), json.error_detail]).toEqual([503, '60', 'too-many-operations-waiting']);
  });
});

describe('what is asked about clusters', () => {
  it('is answered with one or all', async () => {
    const one = api.kanto('detail', TAGGED);
    expect(await api.answer(done(CLUSTER))).toMatchObject(KEY);
    expect((await one).json).toEqual({ status: 'ok', status_message: 'Done.', result: CLUSTER });
    const all = api.kanto('list', LOGIN);
    expect(await api.answer(done([CLUSTER]))).not.toHaveProperty('tag');
    const { status, json } = await all;
    expect([status, json.result]).toEqual([200, [CLUSTER]]);
    const none = api.kanto('list', LOGIN);
    await api.answer(done([]));
    expect((await none).json.result).toEqual([]);
  });

  it('is 404 for a cluster that there is not', async () => {
    const asked = api.kanto('detail', TAGGED);
    await api.answer({ state: 'failed', error: { kind: 'not-found', code: 'unknown-cluster', message: 'None.' } });
    const { status, json } = await asked;
    expect([status, json]).toEqual([
      404,
      { status: 'error', status_message: 'None.', error_detail: 'unknown-cluster' },
    ]);
  });

  it('is 503 where nobody answers in time, and says why', async () => {
    const { status, headers, json } = await api.kanto('list', LOGIN, { prefer: 'wait=0' });
    expect([status, headers.get('retry-after'), json.status]).toEqual([503, '5', 'error']);
    expect(json.status_message).toContain('No worker serves the queue couchdb-clusters');
  });
});

describe('a form', () => {
  it.each([
    ['delete', {}, ['cluster_tag']],
    ['detail', { cluster_tag: 'abc' }, ['cluster_tag']],
    ['create', { cluster_tag: 'No-Good', bogus: '1' }, ['bogus', 'cluster_tag']],
    ['create', { purge: 'true', databases: 'x' }, ['purge', 'databases']],
    ['scale', { replicas: 'many', purge: 'yes' }, ['cluster_tag', 'replicas', 'purge']],
    ['scale', { cluster_tag: 'tagged' }, ['replicas']],
    ['replicate', { cluster_tag: '9tag', databases: 'Good,_replicator' }, ['cluster_tag', '"Good"', '"_replicator"']],
    ['replicate', { cluster_tag: 'tagged' }, ['databases']],
    ['list', { cluster_tag: 'tagged' }, ['cluster_tag']],
  ])('of %s that is %j is refused with every problem', async (operation, fields, named) => {
    const { status, json } = await api.kanto(operation, { ...LOGIN, ...(fields as Record<string, string>) });
    expect([status, json.status, json.status_message]).toEqual([400, 'error', 'The form is not valid.']);
    for (const name of named) expect(json.error_detail).toContain(name);
    expect(await waiting()).toEqual([]);
  });

  it('does not show the token where another field is wrong', async () => {
    const { text } = await api.kanto('scale', { ...TAGGED, replicas: TOKEN, [TOKEN.toLowerCase()]: '1' });
    expect(text).not.toContain(TOKEN);
  });

  it('is what stands last of repeated fields', async () => {
    const body = `${new URLSearchParams(TAGGED).toString()}&replicas=2&replicas=4`;
    await api.kanto('scale', body, AT_ONCE);
    expect(await api.finish(KEY, done())).toMatchObject({ replicas: 4 });
  });
});
