import type { EffectGuard } from '@quartermaster/foundation';
import { eventually } from '@quartermaster/testing';
import type { RingNode } from '../cluster.js';
import type { CouchNode, Replication } from '../couch-port.js';
import { planCopy, planRing, type RingEdge } from '../ring.js';
import { createHttpCouch } from './create-http-couch.js';
import { startGuardedCouch, type GuardedCouch } from './testing/guarded-couch.js';

const admin = { user: 'quartermaster', password: 'planted-admin-password' };
const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const DATABASES = ['_users', 'test', 'a/b+c'];
/** Of a wait for pouchdb-server to try again by itself: it waits longer each time, and by chance. */
const RETRIES_MS = 60_000;

// Its limits are another test’s matter.
const couch = createHttpCouch({ timeoutMs: 60_000, settleMs: 60_000 });
let servers: GuardedCouch[];
let nodes: RingNode[];

beforeEach(async () => {
  servers = await Promise.all([1, 2, 3].map(() => startGuardedCouch(admin)));
  nodes = servers.map(({ address }, index) => ({ name: `n-${index}`, address, incarnation: 'pod/0' }));
  for (const { address } of servers) await couch.node(address, admin).ensureDatabases(DATABASES, held);
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

afterAll(() => couch.close());

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no node ${index}`);
  return found;
}
const server = (index: number): GuardedCouch => at(servers, index);
const ringNode = (index: number): RingNode => at(nodes, index);
const node = (index: number): CouchNode => couch.node(server(index).address, admin);

async function put(edges: readonly RingEdge[]): Promise<void> {
  for (const edge of edges) await couch.node(edge.from, admin).putReplication(edge, held);
}

async function arrives(index: number, path: string, limitMs?: number): Promise<Record<string, unknown>> {
  return eventually(async () => {
    const document = await server(index).ask('GET', path);
    if (document['_id'] === undefined) throw new Error(`${path} is not at node ${index} yet`);
    return document;
  }, limitMs);
}

async function ends(index: number, id: string): Promise<Replication> {
  return eventually(async () => {
    const found = (await node(index).listReplications(held)).find((replication) => replication.id === id);
    if (found?.state !== 'completed' && found?.state !== 'failed') throw new Error(`it is ${found?.state}`);
    return found;
  });
}

describe('a ring of three', () => {
  it('carries documents of every database, users and design documents all the way round', async () => {
    await put(planRing(nodes, DATABASES));
    const user = { name: 'jo', password: 'planted-user', roles: [], type: 'user' };
    const design = { validate_doc_update: 'function (doc) { if (doc.bad) throw({ forbidden: "bad" }); }' };
    for (const from of [0, 1, 2]) {
      await server(from).ask('PUT', `/test/doc${from}`, { from });
      await server(from).ask('PUT', `/a%2Fb%2Bc/doc${from}`, { from });
    }
    await server(1).ask('PUT', '/_users/org.couchdb.user:jo', user);
    await server(2).ask('PUT', '/test/_design/rules', design);
    for (const to of [0, 1, 2]) {
      for (const from of [0, 1, 2]) {
        expect(await arrives(to, `/test/doc${from}`)).toMatchObject({ from });
        expect(await arrives(to, `/a%2Fb%2Bc/doc${from}`)).toMatchObject({ from });
      }
      expect(await arrives(to, '/_users/org.couchdb.user:jo')).toMatchObject({ name: 'jo' });
      expect(await arrives(to, '/test/_design/rules')).toMatchObject(design);
    }
  });

  it('is listed without a credential, and putting it again changes nothing', async () => {
    const edges = planRing(nodes, DATABASES);
    await put(edges);
    servers.forEach((one) => one.takeRequests());
    await put(edges);
    const asked = servers.flatMap((one) => one.takeRequests()).filter((request) => request.includes('/_replicator'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([]);

    const listed = await node(0).listReplications(held);
    expect(listed).toHaveLength(DATABASES.length);
    for (const { id, database, from, to, continuous } of edges.filter(({ source }) => source === 'n-0')) {
      expect(listed).toContainEqual({
        id,
        database,
        source: `http://${from}:5984/${encodeURIComponent(database)}`,
        target: `http://${to}:5984/${encodeURIComponent(database)}`,
        continuous,
        state: 'running',
      });
    }
    expect(JSON.stringify(listed)).not.toContain('planted');
  });

  it('goes on by itself after a node was down, and after the sending node was started anew', async () => {
    await put(planRing(nodes, ['test']));
    await server(1).kill();
    await server(0).ask('PUT', '/test/meanwhile', {});
    await server(1).start();
    await arrives(2, '/test/meanwhile', RETRIES_MS);
    await server(0).kill();
    await server(0).start();
    await server(0).ask('PUT', '/test/afterwards', {});
    await arrives(2, '/test/afterwards', RETRIES_MS);
  });

  it('is drawn past a dead node and through it again', async () => {
    const ring = planRing(nodes, ['test']);
    await put(ring);
    await server(1).kill();
    await server(0).ask('PUT', '/test/waits', {});

    const detour = planRing([ringNode(0), ringNode(2)], ['test']);
    for (const { id } of await node(0).listReplications(held)) await node(0).removeReplication(id, held);
    await put(detour);
    await arrives(2, '/test/waits');

    await server(1).start();
    for (const { id } of await node(0).listReplications(held)) await node(0).removeReplication(id, held);
    await put(planRing([ringNode(0), { ...ringNode(1), incarnation: 'pod/1' }, ringNode(2)], ['test']));
    await arrives(1, '/test/waits');
    await server(1).ask('PUT', '/test/again', {});
    await arrives(0, '/test/again');
    await server(0).ask('PUT', '/test/round', {});
    await arrives(1, '/test/round');
  });

  it('carries nothing over a way that was removed, and does over one that was put back under the same id', async () => {
    const [edge] = planRing(nodes.slice(0, 2), ['test']);
    if (edge === undefined) throw new Error('there is no way');
    await put([edge]);
    await server(0).ask('PUT', '/test/first', {});
    await arrives(1, '/test/first');
    await node(0).removeReplication(edge.id, held);
    await node(0).removeReplication(edge.id, held);
    expect(await node(0).listReplications(held)).toEqual([]);
    await server(0).ask('PUT', '/test/second', {});
    const other = planCopy(ringNode(0), ringNode(1), 'a/b+c');
    await put([other]);
    await ends(0, other.id);
    expect(await server(1).ask('GET', '/test/second')).toMatchObject({ error: 'not_found' });
    await put([edge]);
    await arrives(1, '/test/second');
  });
});

describe('a copy', () => {
  it('brings everything over once, and is completed', async () => {
    for (let index = 0; index < 250; index += 1) await server(0).ask('PUT', `/test/doc${index}`, { index });
    await server(0).ask('PUT', '/test/_design/rules', { language: 'javascript' });
    const copy = planCopy(ringNode(0), ringNode(1), 'test');
    await put([copy]);
    expect(await ends(0, copy.id)).toMatchObject({ state: 'completed', continuous: false });
    expect(await server(1).ask('GET', '/test')).toMatchObject({ doc_count: 251 });
    expect(await node(1).loadSequence('test', held)).toBeGreaterThanOrEqual(251);
    expect(await node(1).countDocuments('test', held)).toBe(await node(0).countDocuments('test', held));

    await server(0).ask('PUT', '/test/later', {});
    await put([copy]);
    expect(await server(1).ask('GET', '/test/later')).toMatchObject({ error: 'not_found' });
    await node(0).removeReplication(copy.id, held);
    await put([copy]);
    expect(await ends(0, copy.id)).toMatchObject({ state: 'completed' });
    await arrives(1, '/test/later');
  });

  it('between many databases at once is completed for each', async () => {
    const databases = Array.from({ length: 12 }, (_, index) => `db${index}`);
    for (const index of [0, 1]) await node(index).ensureDatabases(databases, held);
    for (const database of databases) await server(0).ask('PUT', `/${database}/doc`, { database });
    const copies = databases.map((database) => planCopy(ringNode(0), ringNode(1), database));
    await put(copies);
    for (const { id, database } of copies) {
      expect(await ends(0, id)).toMatchObject({ state: 'completed', database });
      expect(await server(1).ask('GET', `/${database}/doc`)).toMatchObject({ database });
    }
  });
});

it('ways and copies that are all begun at once are all carried out', async () => {
  const databases = Array.from({ length: 8 }, (_, index) => `db${index}`);
  for (const index of [0, 1]) await node(index).ensureDatabases(databases, held);
  const ways = planRing(nodes.slice(0, 2), databases);
  const copies = databases.map((database) => planCopy(ringNode(0), ringNode(1), database));
  await Promise.all([...ways, ...copies].map((edge) => put([edge])));
  for (const { id } of copies) expect(await ends(0, id)).toMatchObject({ state: 'completed' });
  for (const index of [0, 1]) {
    const continuous = (await node(index).listReplications(held)).filter((replication) => replication.continuous);
    expect(continuous.map(({ state }) => state)).toEqual(databases.map(() => 'running'));
  }
});

describe('a wrong password', () => {
  const wrong = { user: admin.user, password: 'planted-wrong-password' };

  it('is refused by the node, with its words', async () => {
    const asked = couch.node(server(0).address, wrong).ensureDatabases(['test'], held);
    await expect(asked).rejects.toMatchObject({ kind: 'unprocessable', code: 'couchdb-refused' });
    await expect(asked).rejects.toThrow(/401 unauthorized: Name or password is incorrect\.\)\.$/);
  });

  it('at the other end makes a replication fail, with a reason and no credential, until it is put right', async () => {
    const copy = planCopy(ringNode(0), ringNode(1), 'test');
    const headers = { Authorization: `Basic ${Buffer.from(`${wrong.user}:${wrong.password}`).toString('base64')}` };
    await server(0).ask('PUT', `/_replicator/${copy.id}`, {
      source: { url: `http://${copy.from}:5984/test`, headers },
      target: { url: `http://${copy.to}:5984/test`, headers },
      continuous: false,
    });
    const failed = await ends(0, copy.id);
    expect(failed).toMatchObject({ state: 'failed', reason: 'Name or password is incorrect.' });
    await put([copy]);
    expect(await ends(0, copy.id)).toMatchObject({ state: 'completed' });
  });
});

it('a database that was deleted has seen no changes, and is made again', async () => {
  await server(0).ask('PUT', '/test/doc', {});
  expect(await node(0).loadSequence('test', held)).toBe(1);
  await server(0).ask('DELETE', '/test');
  expect(await node(0).loadSequence('test', held)).toBe(0);
  await node(0).ensureDatabases(['test'], held);
  expect(await server(0).ask('GET', '/test')).toMatchObject({ doc_count: 0 });
});
