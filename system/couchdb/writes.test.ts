import { setTimeout as sleep } from 'node:timers/promises';
import {
  couch,
  detailOf,
  everyNodeHas,
  FAST_KUBERNETES,
  kantoOk,
  killPod,
  makeAccount,
  nodeUrls,
  openCouchLane,
  podsOfLane,
  ringIsWhole,
  SPAWNERS,
  type Login,
  type Spawner,
} from '../harness/couchdb';
import { createApi } from '../harness/api';
import { startSystem, type Lane, type System } from '../harness/start-system';

jest.setTimeout(600_000);

let system: System;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
});
afterAll(() => system.stop());

interface Writers {
  /** Ids of documents whose writing CouchDB has acknowledged. */
  readonly acknowledged: Set<string>;
  stop(): Promise<void>;
}

/** Writes all the time through the front Service, over kept-alive connections and over new ones: some 60 documents a second. */
function startWriters(endpoint: string, login: Login): Writers {
  const acknowledged = new Set<string>();
  const stopping = new AbortController();
  const authorization = `Basic ${Buffer.from(`${login.username}:${login.token}`).toString('base64')}`;
  const keptAlive = createApi(endpoint, { authorization, 'content-type': 'application/json' });
  const write = async (writer: number): Promise<void> => {
    for (let number = 0; !stopping.signal.aborted; number += 1) {
      const id = `w${writer}-${number}`;
      const request = { method: 'PUT', body: { writer, number } };
      const answer = await (
        writer % 2 === 0 ? keptAlive(`/test/${id}`, request) : couch(endpoint, `/test/${id}`, login, request)
      ).catch(() => undefined);
      if (answer?.status === 201 || answer?.status === 202) acknowledged.add(id);
      await sleep(50);
    }
  };
  const writing = Promise.all([0, 1, 2, 3].map(write));
  return {
    acknowledged,
    stop: async () => {
      stopping.abort();
      await writing;
    },
  };
}

/** Ids that two nodes have. */
async function onTwoNodes(lane: Lane, login: Login, tag: string): Promise<string[]> {
  const counts = new Map<string, number>();
  for (const url of nodeUrls(await detailOf(lane, login, tag))) {
    const answer = await couch<{ rows: { id: string }[] }>(url, '/test/_all_docs', login).catch(() => undefined);
    for (const { id } of answer?.status === 200 ? answer.json().rows : []) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].flatMap(([id, count]) => (count >= 2 ? [id] : []));
}

async function writeThrough(spawner: Spawner): Promise<void> {
  const lane = await openCouchLane(system, spawner);
  const login = await makeAccount(lane);
  const key = { ...login, cluster_tag: 'written' };
  await kantoOk(lane, 'create', { ...key, replicas: 3 });
  const cluster = await ringIsWhole(lane, login, 'written');
  const writers = startWriters(cluster.Endpoint, login);
  /** What must never be lost: everything, or where there are no volumes what two nodes had. */
  const mustStay = new Set<string>();
  const note = async (): Promise<void> => {
    if (spawner === 'deployment') for (const id of await onTwoNodes(lane, login, 'written')) mustStay.add(id);
  };

  for (const replicas of [5, 3]) {
    await sleep(500);
    await note();
    // To its end: until it has begun, the ring that is there looks whole.
    await kantoOk(lane, 'scale', { ...key, replicas });
    await ringIsWhole(lane, login, 'written', 270_000);
  }
  const tookMs: number[] = [];
  for (let kill = 0; kill < 3; kill += 1) {
    await note();
    const { Nodes } = await detailOf(lane, login, 'written');
    const pods = (await podsOfLane(system, lane)).map(({ metadata }) => metadata.name).sort();
    const pod = pods.find((name) => name.startsWith(Nodes[kill % Nodes.length]?.Name ?? '')) ?? pods[kill] ?? '';
    await killPod(system, pod);
    const killedAt = Date.now();
    await sleep(300);
    const whole = await ringIsWhole(lane, login, 'written', 270_000);
    tookMs.push(Date.now() - killedAt);
    // The next kill meets a ring that has got over this one: a new node has to be filled first.
    await everyNodeHas(whole, login, 'test', [...mustStay], 120_000);
  }
  await writers.stop();
  const kept = spawner === 'deployment' ? [...mustStay] : [...writers.acknowledged];
  const shown = tookMs.map((ms) => (ms / 1000).toFixed(1)).join(', ');
  process.stdout.write(
    `${spawner}: ${writers.acknowledged.size} documents acknowledged, ${kept.length} must stay; whole again after ${shown} s (limit 90 s)\n`,
  );
  expect(kept.length).toBeGreaterThan(50);
  await everyNodeHas(await ringIsWhole(lane, login, 'written'), login, 'test', kept, 240_000);
  await kantoOk(lane, 'delete', key);
  await lane.stop();
}

describe.each(SPAWNERS)('a cluster of the spawner %s', (spawner) => {
  it('loses nothing while it is scaled from 3 to 5 to 3 and one pod after another is killed', async () => {
    await writeThrough(spawner);
  });
});
