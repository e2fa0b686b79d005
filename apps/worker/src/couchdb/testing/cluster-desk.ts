import {
  clusterName,
  type ClusterChange,
  type ClusterOperation,
  type OperationOutcome,
  type SpawnerType,
} from '@quartermaster/couchdb';
import { AppError, createSilentLogger, type EffectGuard, type Logger } from '@quartermaster/foundation';
import { RetryLater, type Effect, type Journal, type JobContext, type Producer } from '@quartermaster/jobs';
import type { FinishedOperation } from '@quartermaster/stores';
import { createWorkOffCluster } from '../../processors/work-off-cluster.js';
import type { ClusterWorkParts } from '../work-off-cluster.js';
import { createStandstill } from '../standstill.js';
import { createMemoryCouch, type MemoryCouch } from './memory-couch.js';
import { createMemoryHost, type MemoryHost } from './memory-host.js';
import { createWorld, type Standing, type World } from './world.js';

export const KEY = { owner: 'johny2', tag: 'my-test-db1' };
export const NAME = clusterName(KEY);

/** A process dies here. */
export class Crash extends Error {}

/** The worker's part of CouchDB clusters over a world in this process; jobs run by hand, time passes where they wait. */
export interface ClusterDesk {
  readonly world: World;
  readonly host: MemoryHost;
  readonly couch: MemoryCouch;
  readonly warnings: { message: string; fields?: object | undefined }[];
  /** What was said to Slack, in order. */
  readonly told: string[];
  readonly finished: Map<string, FinishedOperation>;
  /** Called at every crash point; may throw `Crash`. */
  crashPoint: (point: string) => void;
  /** Points that were passed, in order, of all operations. */
  readonly points: string[];
  ask(change: ClusterChange): string;
  /** The job's next try. True: nothing waits any more. */
  tryOnce(): Promise<boolean>;
  /** Until nothing waits any more, as a queue would. */
  work(): Promise<void>;
  giveUp(error: unknown): Promise<void>;
  /** Asks for it and works it off. */
  perform(change: ClusterChange): Promise<OperationOutcome>;
  readonly cluster: Standing;
}

const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

export function openClusterDesk(
  spawner: SpawnerType,
  settings: Partial<ClusterWorkParts['settings']> = {},
): ClusterDesk {
  const world = createWorld();
  const host = createMemoryHost(world);
  const couch = createMemoryCouch(world);
  const journals = new Map<string, Map<string, string>>();
  const list: { operation: ClusterOperation }[] = [];
  const now = (): number => world.time;
  let serial = 0;

  const open = async (subject: string): Promise<Journal> => {
    const results = journals.get(subject) ?? new Map<string, string>();
    journals.set(subject, results);
    const reach = (point: string): void => {
      desk.points.push(point);
      desk.crashPoint(point);
    };
    return {
      guard,
      holder: { subject, fence: 1 },
      close: () => Promise.resolve(),
      step: async <T>(name: string, effect: Effect<T>): Promise<T> => {
        const known = results.get(name);
        if (known !== undefined) return (JSON.parse(known) as { value: T }).value;
        reach(`${name}:before`);
        const value = await effect.act(guard);
        reach(`${name}:acted`);
        results.set(name, JSON.stringify({ value }));
        reach(`${name}:after`);
        return value;
      },
    };
  };
  const producer = {
    describe: (name: string, payload: { event_id: string; text: string }) => ({ id: payload.event_id, name, payload }),
    dispatch: async ({ payload }: { payload: { text?: string } }) => void desk.told.push(payload.text ?? ''),
    enqueue: async () => undefined,
  } as unknown as Producer;
  const log: Logger = {
    ...createSilentLogger(),
    child: () => log,
    warn: (message, fields) => void desk.warnings.push({ message, fields }),
  };
  const parts: ClusterWorkParts = {
    host,
    couch,
    producer,
    journals: { open },
    work: {
      head: async () => list[0],
      finish: async (_cluster, _fence, id, finished) => {
        if (list[0]?.operation.id !== id) return false;
        list.shift();
        desk.finished.set(id, finished);
        return true;
      },
    },
    settings: { spawner, readyMs: 600_000, reachMs: 30_000, channel: 'general', ...settings },
    standstill: createStandstill(now),
    now,
    pause: async (ms) => world.pass(ms),
  };
  const processor = createWorkOffCluster(parts);
  const context = async (): Promise<JobContext> => ({ journal: await open(`couchdb:${NAME}`), log, request_id: 'r1' });

  const desk: ClusterDesk = {
    world,
    host,
    couch,
    warnings: [],
    told: [],
    finished: new Map(),
    crashPoint: () => undefined,
    points: [],
    ask: (change) => {
      const id = `o${(serial += 1)}`;
      list.push({ operation: { ...KEY, ...change, id } });
      return id;
    },
    tryOnce: async () => {
      try {
        await processor.run({ cluster: NAME }, await context());
        return true;
      } catch (error) {
        const isPassing = error instanceof AppError && error.kind === 'unavailable';
        if (!(error instanceof RetryLater) && !(error instanceof Crash) && !isPassing) throw error;
        world.pass(error instanceof RetryLater ? error.delayMs : 1_000);
        return false;
      }
    },
    work: async () => {
      for (let tries = 0; tries < 5_000; tries += 1) if (await desk.tryOnce()) return;
      throw new Error(`It does not come to an end: ${JSON.stringify(list[0])} ${desk.points.slice(-20).join(' ')}`);
    },
    giveUp: async (error) => processor.giveUp?.({ cluster: NAME }, error, await context()),
    perform: async (change) => {
      const id = desk.ask(change);
      await desk.work();
      const finished = desk.finished.get(id);
      if (finished === undefined) throw new Error('It was not finished.');
      return finished.outcome;
    },
    get cluster() {
      const cluster = world.clusters.get(NAME);
      if (cluster === undefined) throw new Error('There is no cluster.');
      return cluster;
    },
  };
  return desk;
}
