import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { describeError, type FigureBook, type Logger } from '@quartermaster/foundation';
import { BEAT_MS, type Heartbeat, type ProcessBoard } from './processes.js';

export interface HeartOptions {
  readonly board: ProcessBoard;
  readonly process: Heartbeat['process'];
  readonly version: string;
  readonly queues?: readonly string[];
  readonly leads?: () => boolean;
  readonly region?: string;
  /** Its figures go with the heartbeat. */
  readonly figures: Pick<FigureBook, 'take'>;
  readonly log: Logger;
}

/** How soon (ms) a heartbeat that was not written is tried again: at the start Redis is often not connected yet. */
const RETRY_MS = 500;

/** A process that is on the board. */
export interface Heart {
  /** Hands over the figures of this moment, besides those of every beat. */
  handOver(): Promise<void>;
  /** Takes the process off the board. */
  stop(): Promise<void>;
}

/** Says every few seconds that this process lives, and what it has counted. */
export function startHeartbeat({
  board,
  process: name,
  version,
  queues = [],
  leads,
  region,
  figures,
  log,
}: HeartOptions): Heart {
  const fixed = {
    id: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    process: name,
    version,
    host: hostname(),
    pid: process.pid,
    started_at: Date.now(),
    queues,
    ...(region === undefined ? {} : { region }),
  };
  const handOver = (): Promise<void> => board.handOver(fixed.id, figures.take());
  let timer: NodeJS.Timeout;
  let stopped = false;
  const beat = async (): Promise<void> => {
    let pause = BEAT_MS;
    try {
      await board.beat(leads === undefined ? fixed : { ...fixed, leads: leads() }, Date.now());
      await handOver();
    } catch (error) {
      pause = RETRY_MS;
      log.debug('A heartbeat was not written', { error: describeError(error) });
    }
    if (!stopped) timer = setTimeout(() => void beat(), pause);
  };
  void beat();
  return {
    handOver,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await board.remove(fixed.id).catch(() => undefined);
    },
  };
}
