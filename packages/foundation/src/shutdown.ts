import { describeError } from './errors.js';
import type { Logger } from './logging.js';

export interface Shutdown {
  /** Registers what must be stopped; the last registered is stopped first. */
  onStop(name: string, stop: () => Promise<unknown> | void): void;
  /** Stops everything once and ends the process with `code`; later calls do nothing. */
  stop(reason: string, code?: number): Promise<void>;
}

/** Heroku kills 30 s after SIGTERM: what has not stopped by then is left behind, 2 s earlier. */
const LIMIT_MS = 28_000;

/** Collects stop functions, runs them in reverse on SIGTERM or SIGINT, and ends a stuck process in good time. */
export function createShutdown(log: Logger, exit: (code: number) => void = (code) => process.exit(code)): Shutdown {
  const stops: { name: string; stop: () => Promise<unknown> | void }[] = [];
  let stopping = false;

  const shutdown: Shutdown = {
    onStop: (name, stop) => void stops.push({ name, stop }),
    stop: async (reason, code = 0) => {
      if (stopping) return;
      stopping = true;
      log.info('Stopping', { reason });
      const deadline = setTimeout(() => {
        log.error('Not stopped in time; ending anyway', { limit_ms: LIMIT_MS });
        exit(1);
      }, LIMIT_MS);
      for (const { name, stop } of stops.reverse()) {
        try {
          await stop();
        } catch (error) {
          log.warn('Could not stop a part in good order', { part: name, error: describeError(error) });
        }
      }
      clearTimeout(deadline);
      log.info('Stopped');
      exit(code);
    },
  };
  process.on('SIGTERM', () => void shutdown.stop('SIGTERM'));
  process.on('SIGINT', () => void shutdown.stop('SIGINT'));
  return shutdown;
}
