import {
  couch,
  everyNodeHas,
  FAST_KUBERNETES,
  kanto,
  makeAccount,
  objectsOfLane,
  openCouchLane,
  ringIsWhole,
  SPAWNERS,
  stepsOfOperation,
  type KantoAnswer,
  type Login,
  type Operation,
  type Spawner,
} from '../harness/couchdb';
import { startSystem, type Lane, type System } from '../harness/start-system';

jest.setTimeout(400_000);

let system: System;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
}, 60_000);
afterAll(() => system.stop());

const PLACES = 3;
type Fields = Readonly<Record<string, string | number>>;

interface Asked {
  readonly operation: Operation;
  readonly fields: Fields;
}

/** A cluster of two is made; grows to three and shrinks again; goes. */
const ASKED: Readonly<Record<'create' | 'grow' | 'shrink' | 'delete', Asked>> = {
  create: { operation: 'create', fields: { replicas: 2 } },
  grow: { operation: 'scale', fields: { replicas: 3 } },
  shrink: { operation: 'scale', fields: { replicas: 2 } },
  delete: { operation: 'delete', fields: {} },
};
type Name = keyof typeof ASKED;

interface Place {
  readonly lane: Lane;
  readonly login: Login;
}

const ask = async ({ lane, login }: Place, name: Name, requestId: string): Promise<KantoAnswer> => {
  const { operation, fields } = ASKED[name];
  const headers = { 'x-request-id': requestId };
  const answer = await kanto(lane, operation, { ...login, cluster_tag: 'cluster-cut', ...fields }, headers);
  expect([name, answer.status, answer.text]).toEqual([name, 200, expect.anything()]);
  return answer.json();
};

/** What must be true after each of them, however often its worker died. */
async function expectRight(place: Place, name: Name): Promise<void> {
  const { lane, login } = place;
  const objects = await objectsOfLane(system, lane);
  if (name === 'delete') {
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
    return;
  }
  const count = name === 'grow' ? 3 : 2;
  const cluster = await ringIsWhole(lane, login, 'cluster-cut');
  expect([name, cluster.Nodes.length]).toEqual([name, count]);
  const pods = objects.filter(({ kind }) => kind === 'Pod');
  expect([name, pods.length]).toEqual([name, count]);
  // What is there is written and read everywhere; on no node anything of ours is left over.
  const id = `after-${name}-${Date.now()}`;
  const written = await couch(cluster.Endpoint, `/test/${id}`, login, { method: 'PUT', body: {} });
  expect(written.status).toBe(201);
  await everyNodeHas(cluster, login, 'test', [id]);
  for (const { Address } of cluster.Nodes) {
    const docs = await couch<{ rows: { id: string }[] }>(`http://${Address}:5984`, '/_replicator/_all_docs', login);
    const ours = docs.json().rows.filter((row) => row.id.startsWith('quartermaster-'));
    expect([name, ours.length]).toEqual([name, cluster.Databases.length]);
  }
}

async function openPlace(spawner: Spawner, start: readonly ('worker' | 'mini-worker')[]): Promise<Place> {
  const lane = await openCouchLane(system, spawner, { start, worker: { WORKER_QUEUES: 'couchdb-clusters' } });
  return { lane, login: await makeAccount(lane) };
}

/** How many points each of them passes, from the steps that one really took. */
async function countPoints(spawner: Spawner): Promise<Record<Name, number>> {
  const place = await openPlace(spawner, ['worker']);
  const counts = {} as Record<Name, number>;
  for (const name of Object.keys(ASKED) as Name[]) {
    await ask(place, name, `count-${name}`);
    const ids = place.lane.web.lines.flatMap((line) => (line.includes(`"count-${name}"`) ? operationIdIn(line) : []));
    counts[name] = (await stepsOfOperation(system, place.lane, ids[0] ?? '')).length * PLACES;
  }
  await place.lane.stop();
  return counts;
}

/** The request's log line says which operation it made. */
function operationIdIn(line: string): string[] {
  const { operation_id: id } = JSON.parse(line) as { operation_id?: string };
  return id === undefined ? [] : [id];
}

async function dieAt(place: Place, name: Name, point: number): Promise<void> {
  const doomed = place.lane.startWorker({ CRASH_POINT: `couchdb-operation/${point}` });
  const answer = ask(place, name, `die-${name}-${point}`);
  const end = await Promise.race([doomed.ended, answer.then(() => 'answered')]);
  const successor = place.lane.startWorker();
  await answer;
  await expectRight(place, name);
  await Promise.all([doomed.stop(), successor.stop()]);
  // Which steps there are may differ a little between two runs: the last points need not be reached.
  if (end !== 'SIGKILL') process.stdout.write(`${name}: point ${point} was not reached\n`);
}

describe('the operations on a cluster', () => {
  it.each(SPAWNERS)('end right wherever their worker is killed (%s)', async (spawner) => {
    const counts = await countPoints(spawner);
    process.stdout.write(`${spawner}: points ${JSON.stringify(counts)}\n`);
    for (const count of Object.values(counts)) expect(count).toBeGreaterThanOrEqual(6);
    const most = Math.max(...Object.values(counts));
    // All spawners share most of their steps: each takes every third point, from another one on.
    const waiting = Array.from({ length: most }, (_, at) => at + 1).filter(
      (point) => (point + SPAWNERS.indexOf(spawner)) % SPAWNERS.length === 0,
    );
    const runPlace = async (): Promise<void> => {
      const place = await openPlace(spawner, []);
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        for (const name of Object.keys(ASKED) as Name[]) {
          // Beyond its own points it is done in one go: the next one needs what it makes.
          await dieAt(place, name, point).catch((error: unknown) => {
            throw new Error(`${spawner}: ${name} killed at point ${point}: ${String(error)}`, { cause: error });
          });
        }
      }
      await place.lane.stop();
    };
    await Promise.all([runPlace(), runPlace()]);
  });
});
