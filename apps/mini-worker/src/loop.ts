import { AppError, describeError, type EffectGuard, type Logger, type ReportBug } from '@quartermaster/foundation';
import type { Lease, Leases } from '@quartermaster/jobs';
import { asRedisFailure } from '@quartermaster/stores';

/** What the mini-worker does again and again. */
export interface Chore {
  readonly name: string;
  run(guard: EffectGuard): Promise<void>;
}

export interface LoopOptions {
  readonly chores: readonly Chore[];
  readonly leases: Leases;
  readonly intervalMs: number;
  readonly log: Logger;
  /** A round that takes longer than this (ms) will not end any more. */
  readonly stuckAfterMs: number;
  /** Called then; the process should be started anew. */
  readonly onStuck: () => void;
  /** Told of every error that is a bug. */
  readonly reportBug: ReportBug;
}

export interface Loop {
  /** Whether this mini-worker is the one that does the chores. */
  leads(): boolean;
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;

/**
 * A run–sleep loop. Of several mini-workers the one with the lease does the chores; the others ask for it every round.
 * A chore that fails is told in the log, once, and tried again in the next round; the others go on.
 */
export function startLoop({ chores, leases, intervalMs, log, stuckAfterMs, onStuck, reportBug }: LoopOptions): Loop {
  const failing = new Set<string>();
  let stopped = false;
  let lease: Lease | undefined;
  let wake: () => void = () => undefined;

  const lead = async (): Promise<Lease | undefined> => {
    if (lease !== undefined && !lease.guard.signal.aborted) return lease;
    lease = await leases.acquire('mini-worker:leader', DAY_MS);
    if (lease !== undefined) log.info('Leading: this mini-worker does the chores');
    return lease;
  };

  const doChore = async (chore: Chore, guard: EffectGuard): Promise<void> => {
    const startedAt = performance.now();
    try {
      guard.assertHeld();
      await chore.run(guard);
      if (failing.delete(chore.name)) log.info('A chore works again', { chore: chore.name });
      log.debug('Chore done', { chore: chore.name, ms: Math.round(performance.now() - startedAt) });
    } catch (thrown) {
      if (stopped) return;
      const error = asRedisFailure(thrown) ?? thrown;
      const fields = { chore: chore.name, error: error instanceof AppError ? error.message : error };
      if (failing.has(chore.name)) log.debug('A chore still fails', fields);
      else log.warn('A chore failed; tried again next round', fields);
      if (!(error instanceof AppError)) reportBug(error, chore.name);
      failing.add(chore.name);
    }
  };

  const run = async (): Promise<void> => {
    for (;;) {
      if (stopped) break;
      const watchdog = setTimeout(onStuck, stuckAfterMs);
      const held = await lead().catch((error: unknown) => {
        log.warn('The lease of the chores could not be asked for', { error: describeError(error) });
        return undefined;
      });
      if (held !== undefined && !stopped) await Promise.all(chores.map((chore) => doChore(chore, held.guard)));
      clearTimeout(watchdog);
      if (!stopped) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, intervalMs);
        });
      }
    }
    await lease?.release().catch(() => undefined);
  };
  const running = run();

  return {
    leads: () => lease !== undefined && !lease.guard.signal.aborted,
    stop: async () => {
      stopped = true;
      lease?.abandon('the process is stopping');
      wake();
      // The next one need not wait for the chores that are still reading: none of them may do anything any more.
      await lease?.release().catch(() => undefined);
      await running;
    },
  };
}
