import { describeError, type Logger } from '@quartermaster/foundation';

export interface ConsumptionOptions {
  readonly queue: string;
  /** Puts a canary into the queue: a job that does nothing but be taken. */
  readonly offer: () => Promise<void>;
  /** A queue that an operator has paused is not consumed, and rightly. */
  readonly isPaused: () => Promise<boolean>;
  readonly hasFreeSlot: () => boolean;
  readonly intervalMs: number;
  /** Called once, when it is proved that this worker takes no jobs any more. */
  readonly onStopped: (queue: string) => void;
  readonly log: Logger;
}

export interface Consumption {
  /** A job of the queue, canary or real, was taken by this worker. */
  taken(): void;
  stop(): void;
}

/**
 * Canaries that this worker offered, one an interval, without taking a single job itself. Redis wakes the worker that has
 * waited longest, so among many workers each gets about as many as it offers; six in a row is no bad luck.
 */
const CANARIES = 6;

/**
 * Watches whether a worker consumes its queue. Neither the library's own word nor a PING proves that: after some outages
 * a worker looks well and never takes a job again. Only a job that is taken counts.
 */
export function watchConsumption(options: ConsumptionOptions): Consumption {
  const { queue, offer, isPaused, hasFreeSlot, intervalMs, onStopped, log } = options;
  let offered = 0;
  const look = async (): Promise<void> => {
    // A worker that is busy takes nothing, and with Redis away nobody does.
    if (!hasFreeSlot() || (await isPaused())) {
      offered = 0;
      return;
    }
    if (offered >= CANARIES) {
      clearInterval(timer);
      onStopped(queue);
      return;
    }
    await offer();
    offered += 1;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) =>
      log.debug('A canary could not be offered', { queue, error: describeError(error) }),
    );
  }, intervalMs);
  return {
    taken: () => void (offered = 0),
    stop: () => clearInterval(timer),
  };
}
