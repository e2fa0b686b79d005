import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random';
import type { Supervised } from './supervised';

/** One blow of the schedule. */
export interface Strike {
  readonly target: string;
  /** After the strike before (ms). */
  readonly delayMs: number;
  /** `undefined`: SIGKILL. Otherwise SIGSTOP, and SIGCONT after this time (ms). */
  readonly freezeMs?: number;
}

export interface Victim {
  readonly process: Supervised;
  readonly weight: number;
}

export interface Chaos {
  /** Name → how often it was killed, or frozen. */
  readonly kills: Readonly<Record<string, number>>;
  readonly freezes: Readonly<Record<string, number>>;
  totalKills(): number;
  /** Strikes until the signal, then lets everything run again. */
  run(signal: AbortSignal): Promise<void>;
}

/** A share of strikes only stops the process for a while: it goes on later, beside its successor, as if nothing had been. */
const FREEZE_SHARE = 0.15;
const LONGEST_FREEZE_MS = 6000;

/** The schedule that a seed decides: what is struck next, when and how. */
export function* planStrikes(
  random: Random,
  targets: readonly { readonly name: string; readonly weight: number }[],
  meanPauseMs: number,
): Generator<Strike, never> {
  for (;;) {
    const target = random.pick(targets).name;
    const delayMs = random.between(meanPauseMs * 0.67, meanPauseMs * 1.33);
    const freezeMs = random.between(300, LONGEST_FREEZE_MS);
    yield random.chance(FREEZE_SHARE) ? { target, delayMs, freezeMs } : { target, delayMs };
  }
}

/** Runnable processes a core from which on what was killed takes noticeably longer to come up. */
const BUSY = 3;

/** How much longer everything takes on this machine now; struck at its usual pace, nothing would ever get done there. */
function readSlowness(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism() / BUSY);
}

/** Kills, or freezes, one process every `meanPauseMs` or so. */
export function createChaos(
  random: Random,
  victims: readonly Victim[],
  meanPauseMs: number,
  note: (strike: Strike) => void = () => undefined,
): Chaos {
  const kills: Record<string, number> = {};
  const freezes: Record<string, number> = {};
  const targets = victims.map(({ process, weight }) => ({ name: process.name, weight }));
  const count = (counts: Record<string, number>, name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);

  const strike = (blow: Strike, signal: AbortSignal): void => {
    const { target, freezeMs } = blow;
    const victim = victims.find(({ process }) => process.name === target)?.process;
    // It is down already, from the strike before.
    if (victim === undefined || !victim.isUp()) return;
    note(blow);
    if (freezeMs === undefined) {
      if (victim.signal('SIGKILL')) count(kills, target);
      return;
    }
    if (!victim.signal('SIGSTOP')) return;
    count(freezes, target);
    void sleep(freezeMs, undefined, { signal })
      .catch(() => undefined)
      .then(() => victim.signal('SIGCONT'));
  };

  return {
    kills,
    freezes,
    totalKills: () => Object.values(kills).reduce((sum, times) => sum + times, 0),
    run: async (signal) => {
      for (const next of planStrikes(random, targets, meanPauseMs)) {
        await sleep(next.delayMs * readSlowness(), undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        strike(next, signal);
      }
    },
  };
}
