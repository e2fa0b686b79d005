import { eventually } from '@quartermaster/testing';
import {
  couch,
  everyNodeHas,
  findOperationId,
  kantoOk,
  makeAccount,
  objectsOfLane,
  openCouchLane,
  ringIsWhole,
  stepsOfOperation,
  type Login,
  type Operation,
  type Spawner,
} from '../harness/couchdb';
import type { Lane, System } from '../harness/start-system';

/** Before, acted, after. */
const PLACES = 3;
const TAG = 'cluster-cut';
type Fields = Readonly<Record<string, string | number>>;

interface Asked {
  readonly operation: Operation;
  readonly fields: Fields;
  /** Nodes afterwards. */
  readonly nodes: number;
}

/** A cluster of two is made; grows to three and shrinks again; goes. */
const ASKED = {
  create: { operation: 'create', fields: { replicas: 2 }, nodes: 2 },
  grow: { operation: 'scale', fields: { replicas: 3 }, nodes: 3 },
  shrink: { operation: 'scale', fields: { replicas: 2 }, nodes: 2 },
  delete: { operation: 'delete', fields: {}, nodes: 0 },
} as const satisfies Record<string, Asked>;
type Name = keyof typeof ASKED;
const NAMES = Object.keys(ASKED) as Name[];

interface Place {
  readonly lane: Lane;
  readonly login: Login;
}

async function ask({ lane, login }: Place, name: Name, requestId: string): Promise<void> {
  const { operation, fields } = ASKED[name];
  await kantoOk(lane, operation, { ...login, cluster_tag: TAG, ...fields }, requestId);
}

function expectSame(what: string, seen: unknown, right: unknown): void {
  const [shown, wanted] = [JSON.stringify(seen), JSON.stringify(right)];
  if (shown !== wanted) throw new Error(`${what}: ${shown}, not ${wanted}`);
}

/** What must be true after each of them, however often its worker died. Throws what is not. */
async function checkRight(system: System, { lane, login }: Place, name: Name): Promise<void> {
  const objects = await objectsOfLane(system, lane);
  if (name === 'delete') {
    const left = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expectSame('objects left', left, []);
    return;
  }
  const { nodes } = ASKED[name];
  const cluster = await ringIsWhole(lane, login, TAG);
  expectSame('nodes', cluster.Nodes.length, nodes);
  expectSame('pods', objects.filter(({ kind }) => kind === 'Pod').length, nodes);
  // What is there is written and read everywhere; on no node anything of ours is left over.
  const id = `after-${name}-${Date.now()}`;
  const written = await couch(cluster.Endpoint, `/test/${id}`, login, { method: 'PUT', body: {} });
  expectSame('the answer to a document', written.status, 201);
  await everyNodeHas(cluster, login, 'test', [id]);
  for (const { Address } of cluster.Nodes) {
    const docs = await couch<{ rows: { id: string }[] }>(`http://${Address}:5984`, '/_replicator/_all_docs', login);
    const ours = docs.json().rows.filter((row) => row.id.startsWith('quartermaster-'));
    expectSame(`replications of ${Address}`, ours.length, cluster.Databases.length);
  }
}

async function openPlace(
  system: System,
  spawner: Spawner,
  start: readonly ('worker' | 'mini-worker')[],
): Promise<Place> {
  const lane = await openCouchLane(system, spawner, { start, worker: { WORKER_QUEUES: 'couchdb-clusters' } });
  return { lane, login: await makeAccount(lane) };
}

/** How many points each operation passes, from the steps that one really took. */
export async function countPoints(system: System, spawner: Spawner): Promise<Record<Name, number>> {
  const place = await openPlace(system, spawner, ['worker']);
  const counts = {} as Record<Name, number>;
  for (const name of NAMES) {
    await ask(place, name, `count-${name}`);
    const id = await eventually(() => findOperationId(place.lane, `count-${name}`));
    counts[name] = (await stepsOfOperation(place.lane, id)).length * PLACES;
  }
  await place.lane.stop();
  return counts;
}

export type Points = Readonly<Record<Name, readonly number[]>>;

/** Every `every`-th point of each operation, beginning with `first`. */
export function choosePoints(counts: Readonly<Record<Name, number>>, every: number, first: number): Points {
  const ofName = (name: Name): number[] =>
    Array.from({ length: counts[name] }, (_, at) => at + 1).filter((point) => point % every === first % every);
  return { create: ofName('create'), grow: ofName('grow'), shrink: ofName('shrink'), delete: ofName('delete') };
}

export interface Kills {
  /** Operations whose worker was killed. */
  killed: number;
  /** Points that were not reached: which steps there are may differ a little between two runs. */
  missed: number;
}

/** Carries operations out, the worker of each killed at one of these points; throws where one does not end right. */
export async function killEverywhere(system: System, spawner: Spawner, points: Points): Promise<Kills> {
  const kills: Kills = { killed: 0, missed: 0 };
  const waiting = {
    create: [...points.create],
    grow: [...points.grow],
    shrink: [...points.shrink],
    delete: [...points.delete],
  };
  const clusters = Math.max(waiting.create.length, waiting.delete.length, 1);
  const rounds = Math.ceil(Math.max(waiting.grow.length, waiting.shrink.length) / clusters);
  const perform = async (place: Place, name: Name): Promise<void> => {
    const point = waiting[name].shift();
    try {
      if (point === undefined) {
        const worker = place.lane.startWorker();
        await ask(place, name, `plain-${name}`);
        await worker.stop();
        return;
      }
      const doomed = place.lane.startWorker({ CRASH_POINT: `couchdb-operation/${point}` });
      const answer = ask(place, name, `die-${name}-${point}`);
      const end = await Promise.race([doomed.ended, answer.then(() => 'answered')]);
      const successor = place.lane.startWorker();
      await answer;
      await checkRight(system, place, name);
      await Promise.all([doomed.stop(), successor.stop()]);
      kills[end === 'SIGKILL' ? 'killed' : 'missed'] += 1;
    } catch (error) {
      throw new Error(`${spawner}: ${name}, killed at point ${point}: ${String(error)}`, { cause: error });
    }
  };
  let left = clusters;
  const workOff = async (): Promise<void> => {
    const place = await openPlace(system, spawner, []);
    while (left > 0) {
      left -= 1;
      await perform(place, 'create');
      for (let round = 0; round < rounds && waiting.grow.length + waiting.shrink.length > 0; round += 1) {
        await perform(place, 'grow');
        await perform(place, 'shrink');
      }
      await perform(place, 'delete');
    }
    await place.lane.stop();
  };
  await Promise.all([workOff(), workOff()]);
  return kills;
}
