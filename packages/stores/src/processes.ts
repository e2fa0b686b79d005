import type { Figures } from '@quartermaster/foundation';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

/** What a process says of itself, every few seconds. */
export interface Heartbeat {
  /** Unlike any other process's, on whatever host. */
  readonly id: string;
  readonly process: 'web' | 'worker' | 'mini-worker';
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  /** ms since 1970. */
  readonly started_at: number;
  /** The queues that it serves. */
  readonly queues: readonly string[];
  /** Of a mini-worker: whether it is the one that does the chores. */
  readonly leads?: boolean;
  /** Of who works on the instances: the AWS region in which they are. */
  readonly region?: string;
}

export interface SeenProcess extends Heartbeat {
  /** ms since 1970. */
  readonly beat_at: number;
  readonly alive: boolean;
}

export interface ProcessBoard {
  beat(heartbeat: Heartbeat, now: number): Promise<void>;
  /** Hands a process' figures over, for as long as it can count as alive. */
  handOver(id: string, figures: Figures): Promise<void>;
  /** What living processes have handed over, by id. */
  loadFigures(ids: readonly string[]): Promise<Map<string, Figures>>;
  /** Taken off at an orderly end; who just dies stays, not alive, for a while. */
  remove(id: string): Promise<void>;
  list(now: number): Promise<SeenProcess[]>;
}

export const BEAT_MS = 5_000;
/** Without a beat for this long (ms) a process counts as dead: three beats, and some slack. */
const DEAD_MS = 17_000;
/** How long (ms) a dead process is still shown. */
const SHOWN_MS = 600_000;

export function createProcessBoard(redis: Redis, keys: Keys): ProcessBoard {
  const list = async (now: number): Promise<SeenProcess[]> => {
    const beats = Object.values(await redis.hgetall(keys.processes)).map(
      (json) => JSON.parse(json) as Heartbeat & { beat_at: number },
    );
    return beats
      .filter(({ beat_at }) => now - beat_at < SHOWN_MS)
      .map((beat) => ({ ...beat, alive: now - beat.beat_at < DEAD_MS }))
      .sort((a, b) => a.process.localeCompare(b.process) || a.started_at - b.started_at);
  };
  return {
    list,
    beat: async (heartbeat, now) => {
      await redis.hset(keys.processes, heartbeat.id, JSON.stringify({ ...heartbeat, beat_at: now }));
      const all = Object.entries(await redis.hgetall(keys.processes));
      const gone = all.filter(([, json]) => now - (JSON.parse(json) as { beat_at: number }).beat_at >= SHOWN_MS);
      if (gone.length > 0) await redis.hdel(keys.processes, ...gone.map(([id]) => id));
    },
    handOver: async (id, figures) => {
      await redis.set(keys.processFigures(id), JSON.stringify(figures), 'PX', DEAD_MS);
    },
    loadFigures: async (ids) => {
      const texts = ids.length === 0 ? [] : await redis.mget(ids.map((id) => keys.processFigures(id)));
      return new Map(ids.flatMap((id, i) => (texts[i] ? [[id, JSON.parse(texts[i]) as Figures] as const] : [])));
    },
    remove: async (id) => {
      await redis.hdel(keys.processes, id);
      await redis.del(keys.processFigures(id));
    },
  };
}
