import { eventually } from '@quartermaster/testing';
import {
  couch,
  detailOf,
  everyNodeHas,
  FAST_KUBERNETES,
  kantoOk,
  makeAccount,
  openCouchLane,
  ringIsWhole,
} from '../harness/couchdb';
import { startSystem, type Lane, type System } from '../harness/start-system';

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
  lane = await openCouchLane(system, 'rc', { start: ['mini-worker'] });
});
afterAll(() => system.stop());

/** Lines of `GET /metrics` about rings that are not 0, without the cluster. */
async function ringFigures(): Promise<string[]> {
  const { text } = await lane.api('/metrics');
  return [...text.matchAll(/^quartermaster_couchdb_ring_(lag_changes|ways)\{cluster="[^"]*"(.*)\} ([1-9]\d*)$/gm)].map(
    ([, name, labels, value]) => `${name}${labels} ${value}`,
  );
}

it('how far a ring is behind is seen, and a replication that is lost is drawn anew though nobody asks', async () => {
  let worker = lane.startWorker();
  const login = await makeAccount(lane);
  await kantoOk(lane, 'create', { ...login, cluster_tag: 'orders', replicas: 2 });
  const { Nodes } = await ringIsWhole(lane, login, 'orders');
  const [first = '', second = ''] = Nodes.map(({ Address }) => `http://${Address}:5984`);
  await eventually(async () => expect(await ringFigures()).toEqual(['ways,state="running" 4']));

  // Nobody looks while a replication goes and what it should have carried is written.
  await worker.stop();
  const listed = await couch<{ rows: { id: string; doc: { _rev: string; source: { url: string } } }[] }>(
    first,
    '/_replicator/_all_docs?include_docs=true',
    login,
  );
  const lost = listed.json().rows.find(({ doc }) => doc.source?.url === `${first}/test`);
  if (lost === undefined) throw new Error(listed.text);
  const path = `/_replicator/${lost.id}?rev=${lost.doc._rev}`;
  expect((await couch(first, path, login, { method: 'DELETE' })).status).toBe(200);
  const ids = Array.from({ length: 7 }, (_, i) => `order-${i}`);
  for (const id of ids) {
    expect((await couch(first, `/test/${id}`, login, { method: 'PUT', body: { id } })).status).toBe(201);
  }
  expect((await couch(second, '/test/order-0', login)).status).toBe(404);
  worker = lane.startWorker();
  await eventually(async () => {
    expect(await ringFigures()).toEqual(['lag_changes 7', 'ways,state="running" 3', 'ways,state="missing" 1']);
  });

  await eventually(async () => expect(await ringFigures()).toEqual(['ways,state="running" 4']), 90_000);
  const cluster = await detailOf(lane, login, 'orders');
  await everyNodeHas(cluster, login, 'test', ids);
  expect(cluster.LastOperation).toMatchObject({ Kind: 'create', State: 'done' });
  expect(cluster.Replications.map(({ Pending }) => Pending)).toEqual([0, 0, 0, 0]);
  await worker.stop();
});
