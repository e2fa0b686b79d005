import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { CouchNode, CouchPort, ReplicationWish } from '../couch-port.js';
import { createHttpCouch } from './create-http-couch.js';
import { findLoopbackAddress } from './testing/guarded-couch.js';
import { playCouch, type PlayedAnswer, type PlayedCouch, type PlayedRequest } from './testing/play-couch.js';

const admin = { user: 'quartermaster', password: 'planted-admin-password' };
const base64 = Buffer.from(`${admin.user}:${admin.password}`).toString('base64');
const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

let couch: CouchPort;
let played: PlayedCouch | undefined;

beforeEach(() => {
  couch = createHttpCouch({ timeoutMs: 2_000, settleMs: 300 });
});

afterEach(async () => {
  couch.close();
  await played?.stop();
  played = undefined;
});

async function play(answer: (request: PlayedRequest) => PlayedAnswer): Promise<CouchNode> {
  played = await playCouch(answer);
  return couch.node(played.address, admin);
}

async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

describe('databases', () => {
  it('are made where they are missing, the system’s first, each once', async () => {
    const node = await play(({ path }) => [path === '/_users' ? 412 : 201, { ok: true }]);
    await node.ensureDatabases(['a/b+c', 'test', '_users'], held);
    expect(played?.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /_users',
      'PUT /_replicator',
      'PUT /a%2Fb%2Bc',
      'PUT /test',
    ]);
    expect(new Set(played?.requests.map(({ authorization }) => authorization))).toEqual(new Set([`Basic ${base64}`]));
  });

  it.each([
    [12, 12],
    ['12-g1AAAACbeJzLYWBgYMpgTmEQ', 12],
    [[7, 'g1AAAACbeJz'], 7],
    [0, 0],
  ])('with the sequence %j have seen %i changes', async (sequence, count) => {
    const node = await play(() => [200, { db_name: 'test', update_seq: sequence }]);
    expect(await node.loadSequence('test', held)).toBe(count);
  });

  it('that are not there have seen none; those of an unknown sequence are asked again later', async () => {
    const node = await play(({ path }) => (path === '/gone' ? [404, { error: 'not_found' }] : [200, {}]));
    expect(await node.loadSequence('gone', held)).toBe(0);
    expect(await errorOf(node.loadSequence('test', held))).toMatchObject({ code: 'couchdb-unavailable' });
  });
});

describe('failures', () => {
  const ask = async (answer: PlayedAnswer): Promise<AppError> => {
    const node = await play(() => answer);
    const error = await errorOf(node.loadSequence('test', held));
    await played?.stop();
    played = undefined;
    return error;
  };

  it.each([400, 401, 403, 405, 409, 415])('with %d are final, with CouchDB’s words', async (status) => {
    const error = await ask([status, { error: 'some_error', reason: 'Some reason.' }]);
    expect(error).toMatchObject({ kind: 'unprocessable', code: 'couchdb-refused' });
    expect(error.message).toContain(`GET /test: ${status} some_error: Some reason.`);
  });

  it.each([302, 408, 429, 500, 502, 503])('with %d are worth another try', async (status) => {
    const error = await ask([status, { error: 'some_error' }]);
    expect(error).toMatchObject({ kind: 'unavailable', code: 'couchdb-unavailable' });
  });

  it('are answers that are no JSON', async () => {
    const error = await ask((response) => void response.writeHead(200).end('<html>not CouchDB</html>'));
    expect(error).toMatchObject({ kind: 'unavailable', code: 'couchdb-unavailable' });
  });

  it('are connections that break, before an answer or in the middle of one', async () => {
    const broken = await ask((response) => void response.destroy());
    expect(broken).toMatchObject({ kind: 'unavailable', code: 'couchdb-unreachable' });
    const half = await ask((response) => {
      response.writeHead(200, { 'content-length': 1_000 }).write('{"update_seq":');
      setTimeout(() => response.destroy(), 20);
    });
    expect(half).toMatchObject({ kind: 'unavailable', code: 'couchdb-unreachable' });
  });

  it('never hold a credential, not even where CouchDB repeats it', async () => {
    const reason = `{"Authorization","Basic ${base64}"} http://quartermaster:${admin.password}@10.0.0.7/ ${admin.password}`;
    for (const answer of [[401, { error: 'unauthorized', reason }] as const, [500, { reason }] as const]) {
      const error = await ask(answer);
      expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toMatch(
        new RegExp(`planted|${base64.slice(0, 20)}`),
      );
    }
  });

  it('are said at once where nothing listens', async () => {
    const address = findLoopbackAddress();
    const patient = createHttpCouch({ timeoutMs: 60_000 });
    const error = await errorOf(patient.node(address, admin).loadSequence('test', held));
    expect(error).toMatchObject({ kind: 'unavailable', code: 'couchdb-unreachable' });
    expect(error.message).toBe(`CouchDB at ${address} does not answer (ECONNREFUSED).`);
  });
});

describe('a node that takes connections and says nothing', () => {
  let hole: Server;
  const address = findLoopbackAddress();
  beforeEach(async () => {
    hole = createServer((socket) => void socket.on('error', () => undefined).resume()).listen(5984, address);
    await once(hole, 'listening');
  });
  afterEach(() => void hole.close());

  it('is unreachable when the time is over', async () => {
    const hasty = createHttpCouch({ timeoutMs: 100 });
    const error = await errorOf(hasty.node(address, admin).listReplications(held));
    expect(error).toMatchObject({ kind: 'unavailable', code: 'couchdb-unreachable' });
    expect(error.message).toContain('nothing within 100 ms');
  });

  it('is left when the right to act ends', async () => {
    const controller = new AbortController();
    const over = new Error('no longer ours');
    setTimeout(() => controller.abort(over), 50);
    const asked = couch.node(address, admin).listReplications({ ...held, signal: controller.signal });
    await expect(asked).rejects.toBe(over);
  });
});

it('a guard whose time is over lets nothing out, not even the second request of a call', async () => {
  const over = new Error('no longer ours');
  let left = 1;
  const node = await play(() => [201, { ok: true }]);
  const guard = {
    ...held,
    assertHeld: () => {
      if (left-- === 0) throw over;
    },
  };
  await expect(node.ensureDatabases(['test'], guard)).rejects.toBe(over);
  expect(played?.requests).toHaveLength(1);
});

it('a kept connection that the node has closed is replaced without a word', async () => {
  let count = 0;
  const node = await play(() => (response) => {
    count += 1;
    if (count === 2) response.destroy();
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"update_seq":3}');
  });
  expect(await node.loadSequence('test', held)).toBe(3);
  expect(await node.loadSequence('test', held)).toBe(3);
  expect(count).toBe(3);
});

/** `_replicator` and the scheduler of CouchDB 2.1 and later, which does not write a running state into documents. */
function playScheduler(
  documents: Map<string, Record<string, unknown>>,
  stateOf: (id: string) => object | undefined,
): (request: PlayedRequest) => PlayedAnswer {
  let revision = 0;
  return ({ method, path, query, body }) => {
    const id = decodeURIComponent(path.split('/').at(-1) ?? '');
    const document = documents.get(id);
    const missing: PlayedAnswer = [404, { error: 'not_found', reason: 'missing' }];
    if (path === '/_replicator/_all_docs') {
      return [200, { rows: [...documents.values()].map((doc) => ({ id: doc['_id'], doc })) }];
    }
    if (path === '/_scheduler/docs/_replicator') {
      return [200, { docs: [...documents.keys()].flatMap((key) => stateOf(key) ?? []) }];
    }
    if (path.startsWith('/_scheduler/')) return document && stateOf(id) ? [200, stateOf(id)] : missing;
    if (method === 'PUT') {
      if (document !== undefined) return [409, { error: 'conflict' }];
      documents.set(id, { _id: id, _rev: `${(revision += 1)}-x`, owner: 'quartermaster', ...body });
      return [201, { ok: true }];
    }
    if (document === undefined) return missing;
    if (method !== 'DELETE') return [200, document];
    if (query.get('rev') !== document['_rev']) return [409, { error: 'conflict' }];
    documents.delete(id);
    return [200, { ok: true }];
  };
}

describe('replications under a scheduler', () => {
  const wish: ReplicationWish = {
    id: 'quartermaster-ring-1',
    database: 'a/b',
    from: '10.0.0.1',
    to: 'fd00::2',
    continuous: true,
  };
  let documents: Map<string, Record<string, unknown>>;
  const state =
    (name: string, info: unknown = null) =>
    (id: string) => ({ doc_id: id, state: name, info });
  const changes = (): string[] =>
    (played?.requests ?? []).flatMap(({ method, path }) => (method === 'GET' ? [] : [`${method} ${path}`]));
  const put = 'PUT /_replicator/quartermaster-ring-1';
  const remove = 'DELETE /_replicator/quartermaster-ring-1';
  beforeEach(() => void (documents = new Map()));

  it('are documents with credentials in headers and none in addresses, and are put once', async () => {
    const node = await play(playScheduler(documents, state('running')));
    await node.putReplication(wish, held);
    await node.putReplication(wish, held);
    expect(changes()).toEqual([put]);
    const headers = { Authorization: `Basic ${base64}` };
    expect(documents.get(wish.id)).toMatchObject({
      source: { url: 'http://10.0.0.1:5984/a%2Fb', headers },
      target: { url: 'http://[fd00::2]:5984/a%2Fb', headers },
      continuous: true,
    });
  });

  it.each([
    ['initializing', 'starting'],
    ['pending', 'starting'],
    ['running', 'running'],
    ['crashing', 'failing'],
    ['error', 'failing'],
    ['failed', 'failed'],
    ['completed', 'completed'],
    ['something new', 'starting'],
  ])('that are %s are %s', async (theirs, ours) => {
    const node = await play(playScheduler(documents, state(theirs, { error: `no ${base64}` })));
    await node.putReplication({ ...wish, continuous: theirs !== 'completed' }, held);
    const [replication] = await node.listReplications(held);
    expect(replication).toMatchObject({
      database: 'a/b',
      source: 'http://10.0.0.1:5984/a%2Fb',
      target: 'http://[fd00::2]:5984/a%2Fb',
      state: ours,
    });
    expect(replication?.reason).toBe(['failing', 'failed'].includes(ours) ? 'no [redacted]' : undefined);
  });

  it('tell how far they have come, and what the target did not take', async () => {
    let info: unknown = {
      revisions_checked: 40,
      missing_revisions_found: 3,
      docs_read: 3,
      docs_written: 2,
      changes_pending: 60,
      doc_write_failures: 1,
      checkpointed_source_seq: '21-g1AAAACbeJzLYWBgYMpgTmEQ',
    };
    const node = await play(playScheduler(documents, (id) => state('running', info)(id)));
    await node.putReplication(wish, held);
    const look = async (): Promise<object> => {
      const [{ progress, pending, writeFailures } = {}] = await node.listReplications(held);
      return { progress, pending, writeFailures };
    };
    expect(await look()).toEqual({ progress: 63, pending: 60, writeFailures: 1 });
    info = {
      changes_pending: null,
      revisions_checked: 140,
      docs_written: 2,
      doc_write_failures: 0,
      checkpointed_source_seq: 0,
    };
    expect(await look()).toEqual({ progress: 142, writeFailures: 0 });
    for (info of [null, { error: 'db_not_found' }, 'some words']) expect(await look()).toEqual({});
  });

  it('that are completed tell so in their documents', async () => {
    const node = await play((request) =>
      request.path.startsWith('/_scheduler')
        ? [404, { error: 'not_found' }]
        : playScheduler(documents, () => undefined)(request),
    );
    const _replication_stats = { docs_read: 5, docs_written: 3, doc_write_failures: 2 };
    documents.set(wish.id, { _id: wish.id, _rev: '2-x', _replication_state: 'completed', _replication_stats });
    const [replication] = await node.listReplications(held);
    expect(replication).toMatchObject({ state: 'completed', writeFailures: 2 });
    expect(replication).not.toHaveProperty('progress');
  });

  it('are put anew where they have failed or go another way, or log in otherwise', async () => {
    let now = 'failed';
    const node = await play(playScheduler(documents, (id) => state(now)(id)));
    await node.putReplication(wish, held);
    expect(changes()).toEqual([put]);
    await node.putReplication(wish, held);
    expect(changes()).toEqual([put, remove, put]);
    now = 'running';
    await node.putReplication({ ...wish, to: '10.0.0.3' }, held);
    expect(changes()).toEqual([put, remove, put, remove, put]);
    const other = couch.node(played?.address ?? '', { ...admin, password: 'another-password' });
    await other.putReplication({ ...wish, to: '10.0.0.3' }, held);
    expect(changes()).toEqual([put, remove, put, remove, put, remove, put]);
  });

  it('that go the same way under another id make room first, as of two of them only one runs', async () => {
    const node = await play(playScheduler(documents, state('running')));
    await node.putReplication(wish, held);
    await node.putReplication({ ...wish, id: 'quartermaster-copy-1', continuous: false }, held);
    await node.putReplication({ ...wish, id: 'quartermaster-ring-2' }, held);
    expect([...documents.keys()]).toEqual(['quartermaster-copy-1', 'quartermaster-ring-2']);
  });

  it('are put and removed one after the other on one node, whoever asks; a failure is nobody else’s', async () => {
    const node = await play(playScheduler(documents, state('running')));
    const ids = ['quartermaster-b', 'quartermaster-a', 'quartermaster-c'];
    const all = ids.map((id) =>
      couch.node(played?.address ?? '', admin).putReplication({ ...wish, id, database: id }, held),
    );
    const failed = node.removeReplication('quartermaster-b', {
      ...held,
      assertHeld: () => {
        throw new Error('no longer ours');
      },
    });
    const removed = node.removeReplication('quartermaster-a', held);
    await expect(failed).rejects.toThrow('no longer ours');
    await Promise.all([...all, removed]);
    const touched = played?.requests.map(({ path }) => path.split('/').at(-1) ?? '').filter((id) => ids.includes(id));
    expect(touched?.filter((id, index) => id !== touched[index - 1])).toEqual([...ids, 'quartermaster-a']);
    expect([...documents.keys()]).toEqual(['quartermaster-b', 'quartermaster-c']);
  });

  it('that should go on for ever and are completed are put again a few times, then it is worth another try', async () => {
    const node = await play(playScheduler(documents, state('completed')));
    expect(await errorOf(node.putReplication(wish, held))).toMatchObject({ code: 'couchdb-unavailable' });
    expect(changes().filter((change) => change === put).length).toBeGreaterThan(1);
  });

  it('that are never taken up are put again a few times, then it is worth another try', async () => {
    const node = await play(playScheduler(documents, () => undefined));
    expect(await errorOf(node.putReplication(wish, held))).toMatchObject({ code: 'couchdb-unavailable' });
    expect(changes().filter((change) => change === put).length).toBeGreaterThan(1);
  });

  it('stand in their documents where there is no scheduler: CouchDB 1.x takes its name for a bad database', async () => {
    const current = playScheduler(documents, () => undefined);
    const node = await play((request) =>
      request.path.startsWith('/_scheduler') ? [400, { error: 'illegal_database_name' }] : current(request),
    );
    const source = `http://u:planted-pass@10.0.0.1:5984/test`;
    const written = { _rev: '2-x', source, target: source, _replication_state_reason: `no ${admin.password}` };
    for (const word of ['triggered', 'error', 'completed', undefined]) {
      const _id = `quartermaster-${word ?? 'none'}`;
      documents.set(_id, { ...written, _id, ...(word === undefined ? {} : { _replication_state: word }) });
    }
    documents.set('theirs', { ...written, _id: 'theirs', _replication_state: 'triggered' });
    const replications = await node.listReplications(held);
    expect(replications.map(({ id, state }) => [id, state])).toEqual([
      ['quartermaster-triggered', 'running'],
      ['quartermaster-error', 'failed'],
      ['quartermaster-completed', 'completed'],
      ['quartermaster-none', 'starting'],
    ]);
    expect(replications[1]).toMatchObject({ reason: 'no [redacted]', source: 'http://10.0.0.1:5984/test' });
    expect(JSON.stringify(replications)).not.toContain('planted');
  });
});
