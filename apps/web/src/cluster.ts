import cluster, { type Worker } from 'node:cluster';
import type { Logger, Shutdown } from '@quartermaster/foundation';

/** What a `web` of several processes is asked by one of them. */
const SHUT_DOWN = 'quartermaster:shut-down';

export interface WebClusterOptions {
  /** How many processes answer on the one port. */
  readonly size: number;
  readonly log: Logger;
  readonly shutdown: Shutdown;
}

/** The first pause (ms) before a process that has died is replaced; it doubles with every death that follows soon. */
const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** A process that lived this long (ms) was well: what kills it now is something new. */
const WELL_MS = 60_000;
/** More deaths than this of processes that were not well, one after another, mean that none will live. */
const MOST_DEATHS = 8;
/** A process that has not ended this long (ms) after SIGTERM is killed, before the primary's own 28 s are over. */
const KILL_MS = 26_000;

/** Whether this process is one of several that a primary has forked. */
export function isClusterWorker(): boolean {
  return cluster.isWorker;
}

/**
 * Runs `size` processes of `web` on one port (`WEB_CONCURRENCY`). This process, the primary, takes the connections and
 * hands them round; it answers nothing itself. A process that dies is replaced, after a pause that grows; when they die
 * one after another the whole `web` ends with 1, for its supervisor to see. SIGTERM is passed on, and the primary ends
 * when all have ended; should the primary be killed, its processes end by themselves.
 */
export function startWebCluster({ size, log, shutdown }: WebClusterOptions): void {
  let stopping = false;
  let deaths = 0;
  const pauses = new Set<NodeJS.Timeout>();

  const start = (): void => {
    const worker = cluster.fork();
    const startedAt = performance.now();
    worker.on('message', (message: unknown) => {
      if (message === SHUT_DOWN) void shutdown.stop('DELETE /');
    });
    worker.on('exit', (code, signal) => {
      if (stopping) return;
      deaths = performance.now() - startedAt > WELL_MS ? 1 : deaths + 1;
      const fields = { pid: worker.process.pid, code, signal, deaths };
      if (deaths > MOST_DEATHS) {
        log.fatal('The processes of web die one after another; giving up', fields);
        void shutdown.stop('its processes die', 1);
        return;
      }
      const pauseMs = Math.min(PAUSE_MS * 2 ** (deaths - 1), LONGEST_PAUSE_MS);
      log.error('A process of web has died; it is replaced', { ...fields, pause_ms: pauseMs });
      const pause = setTimeout(() => {
        pauses.delete(pause);
        start();
      }, pauseMs);
      pauses.add(pause);
    });
  };

  shutdown.onStop('processes', async () => {
    stopping = true;
    for (const pause of pauses) clearTimeout(pause);
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(workers.map(stop));
  });
  for (let started = 0; started < size; started += 1) start();
  log.info('Working', { processes: size });
}

/**
 * Shuts down the whole `web`, from any of its processes: one of several asks the primary, which then ends them all, the
 * one that asks included. Otherwise `DELETE /` would end one process, and the primary would replace it.
 */
export function shutDownWeb(shutdown: Shutdown): void {
  // Without a primary (there never was one, or it was killed this moment) this process ends by itself.
  if (cluster.isWorker && process.connected) process.send?.(SHUT_DOWN);
  else void shutdown.stop('DELETE /');
}

async function stop(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const ended = new Promise<void>((resolve) => void worker.once('exit', () => resolve()));
  worker.process.kill('SIGTERM');
  const kill = setTimeout(() => worker.process.kill('SIGKILL'), KILL_MS);
  await ended;
  clearTimeout(kill);
}
