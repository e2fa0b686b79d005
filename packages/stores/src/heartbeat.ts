import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { describeError, type Logger } from '@quartermaster/foundation';
import { BEAT_MS, type Heartbeat, type ProcessBoard } from './processes.js';

export interface HeartOptions {
  readonly board: ProcessBoard;
  readonly process: Heartbeat['process'];
  readonly version: string;
  readonly queues?: readonly string[];
  readonly leads?: () => boolean;
  readonly log: Logger;
}

/** How soon (ms) a heartbeat that was not written is tried again: at the start Redis is often not connected yet. */
const RETRY_MS = 500;

/** Says every few seconds that this process lives. Returns how to stop, which takes it off the board. */
export function startHeartbeat({
  board,
  process: name,
  version,
  queues = [],
  leads,
  log,
}: HeartOptions): () => Promise<void> {
  const fixed = {
    id: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    process: name,
    version,
    host: hostname(),
    pid: process.pid,
    started_at: Date.now(),
    queues,
  };
  let timer: NodeJS.Timeout;
  let stopped = false;
  const beat = async (): Promise<void> => {
    let pause = BEAT_MS;
    try {
      await board.beat(leads === undefined ? fixed : { ...fixed, leads: leads() }, Date.now());
    } catch (error) {
      pause = RETRY_MS;
      log.debug('A heartbeat was not written', { error: describeError(error) });
    }
    if (!stopped) timer = setTimeout(() => void beat(), pause);
  };
  void beat();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await board.remove(fixed.id).catch(() => undefined);
  };
}
