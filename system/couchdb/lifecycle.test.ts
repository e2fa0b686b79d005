import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { eventually } from '@quartermaster/testing';
import {
  everyNodeHas,
  FAST_KUBERNETES,
  kantoOk,
  makeAccount,
  nodeUrls,
  objectsOfLane,
  openCouchLane,
  ringIsWhole,
  SPAWNERS,
  type Login,
  type ShownCluster,
} from '../harness/couchdb';
import { startSystem, type Lane, type System } from '../harness/start-system';

jest.setTimeout(600_000);

let system: System;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
});
afterAll(() => system.stop());

/** A request to CouchDB by curl, logged in with the account's name and token; a 4xx or 5xx is an error. */
async function curl({ username, token }: Login, url: string, ...options: readonly string[]): Promise<string> {
  const login = `${username}:${token}`;
  const always = ['--silent', '--show-error', '--fail-with-body', '--header', 'Content-Type: application/json'];
  const child = spawn('curl', [...always, '--user', login, ...options, url]);
  const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`curl ${url} ended with ${code}: ${complaint} ${output}`);
  return output;
}

async function write(cluster: ShownCluster, login: Login, database: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const answer = await curl(login, `${cluster.Endpoint}/${database}/${id}`, '-X', 'PUT', '-d', `{"written":"${id}"}`);
    expect(JSON.parse(answer)).toMatchObject({ ok: true, id });
  }
}

async function sequence(lane: Lane): Promise<void> {
  const login = await makeAccount(lane);
  const key = { ...login, cluster_tag: 'orders' };
  const created = (await kantoOk(lane, 'create', { ...key, replicas: 4 })).result as ShownCluster;
  expect(created).toMatchObject({ Tag: 'orders', Replicas: 4, Password: login.token });

  const first = ['one', 'two', 'three', '_design/by-name'];
  await write(created, login, 'test', first);
  await everyNodeHas(await ringIsWhole(lane, login, 'orders'), login, 'test', first);

  await kantoOk(lane, 'scale', { ...key, replicas: 8 });
  const wide = await ringIsWhole(lane, login, 'orders');
  expect(wide.Nodes).toHaveLength(8);
  await everyNodeHas(wide, login, 'test', first);
  // Through the front Service, too, whichever node answers.
  for (let i = 0; i < 20; i += 1) expect(await curl(login, `${wide.Endpoint}/test/one`)).toContain('"written":"one"');

  const one = JSON.parse(await curl(login, `${wide.Endpoint}/test/one`)) as { _rev: string };
  await curl(login, `${wide.Endpoint}/test/one`, '-X', 'PUT', '-d', `{"_rev":"${one._rev}","written":"again"}`);
  await write(wide, login, 'test', ['four']);
  await everyNodeHas(wide, login, 'test', ['four']);

  await kantoOk(lane, 'scale', { ...key, replicas: 2 });
  const narrow = await ringIsWhole(lane, login, 'orders');
  expect(narrow.Nodes).toHaveLength(2);
  await everyNodeHas(narrow, login, 'test', [...first, 'four']);
  // Each change goes round the ring by itself.
  for (const url of nodeUrls(narrow)) {
    await eventually(async () => expect(await curl(login, `${url}/test/one`)).toContain('"written":"again"'));
  }
  expect(await curl(login, `${narrow.Endpoint}/test/one`)).toContain('"written":"again"');

  const told = (await kantoOk(lane, 'replicate', { ...key, databases: 'mydb,special' })).result as ShownCluster;
  expect(told.Databases).toEqual(['_users', 'mydb', 'special', 'test']);
  const carried = await ringIsWhole(lane, login, 'orders');
  for (const database of ['mydb', 'special']) {
    await write(carried, login, database, [`in-${database}`]);
    await everyNodeHas(carried, login, database, [`in-${database}`]);
  }

  await kantoOk(lane, 'delete', key);
  expect(await objectsOfLane(system, lane)).toEqual([]);
}

describe.each(SPAWNERS)('a cluster of the spawner %s', (spawner) => {
  it('is created, written to, scaled to 8 and to 2, updated, read everywhere, replicated and deleted', async () => {
    const lane = await openCouchLane(system, spawner);
    const startedAt = Date.now();
    await sequence(lane);
    process.stdout.write(`${spawner}: the whole sequence took ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
    await lane.stop();
  });
});
