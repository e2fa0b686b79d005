import { describeError } from './errors.js';
import type { Logger } from './logging.js';

export interface Shutdown {
  /**
   * Registers what must be stopped; the last registered is stopped first. One that takes longer than `limitMs` is left
   * behind, so that the others are still stopped in good order.
   */
  onStop(name: string, stop: () => Promise<unknown> | void, limitMs?: number): void;
  /** Has an error that nobody caught told to somebody else as well, for which the process lives on `CRASH_MS` at most. */
  onCrash(tell: (error: unknown) => Promise<unknown>): void;
  /** Stops everything once and ends the process with `code`; later calls do nothing. */
  stop(reason: string, code?: number): Promise<void>;
}

/** Heroku kills 30 s after SIGTERM: what has not stopped by then is left behind, 2 s earlier. */
const LIMIT_MS = 28_000;

/** What is under way meanwhile is what a killed process leaves behind, too. */
const CRASH_MS = 2_000;

/**
 * Collects stop functions, runs them in reverse on SIGTERM or SIGINT, and ends a stuck process in good time. An error that
 * nobody caught ends the process as well, told by the log, which keeps secrets back, and not by Node itself.
 */
export function createShutdown(log: Logger, exit: (code: number) => void = (code) => process.exit(code)): Shutdown {
  const stops: { name: string; stop: () => Promise<unknown> | void; limitMs: number }[] = [];
  let stopping = false;
  let tellOfCrash: ((error: unknown) => Promise<unknown>) | undefined;

  const shutdown: Shutdown = {
    onStop: (name, stop, limitMs = LIMIT_MS) => void stops.push({ name, stop, limitMs }),
    onCrash: (tell) => void (tellOfCrash = tell),
    stop: async (reason, code = 0) => {
      if (stopping) return;
      stopping = true;
      log.info('Stopping', { reason });
      const deadline = setTimeout(() => {
        log.error('Not stopped in time; ending anyway', { limit_ms: LIMIT_MS });
        exit(1);
      }, LIMIT_MS);
      for (const { name, stop, limitMs } of stops.reverse()) {
        try {
          await within(limitMs, stop());
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
  process.on('uncaughtException', (error) => {
    log.fatal('An error that nobody caught ends this process', { error });
    const tell = tellOfCrash;
    // A second one while the first is told: at once.
    tellOfCrash = undefined;
    if (tell === undefined) exit(1);
    else void tellAndEnd(() => tell(error), exit);
  });
  return shutdown;
}

/** Whatever comes of it, the process ends. */
async function tellAndEnd(tell: () => Promise<unknown>, exit: (code: number) => void): Promise<void> {
  try {
    await within(CRASH_MS, tell());
  } catch {
    // The log has it.
  }
  exit(1);
}

/** Waits for what is being stopped; throws after `limitMs`. */
async function within(limitMs: number, stopped: Promise<unknown> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not stop within ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([stopped, late]);
  } finally {
    clearTimeout(timer);
  }
}
