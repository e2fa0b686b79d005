import { createSilentLogger, type EffectGuard } from '@quartermaster/foundation';
import type { Effect, Journal, JobContext } from '@quartermaster/jobs';

/** A journal in memory, with the rules of the real one, for processors under test. */
export interface FakeJournal extends Journal {
  /** Names of the steps that are recorded, in order. */
  readonly done: string[];
}

const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

export function createFakeJournal(): FakeJournal {
  const results = new Map<string, unknown>();
  const tried = new Set<string>();
  const done: string[] = [];
  return {
    done,
    guard,
    fence: 1,
    close: () => Promise.resolve(),
    step: async <T>(name: string, effect: Effect<T>): Promise<T> => {
      if (results.has(name)) return results.get(name) as T;
      const found = tried.has(name) ? await effect.observe?.(guard) : undefined;
      tried.add(name);
      const result = found === undefined ? await effect.act(guard) : found;
      results.set(name, result);
      done.push(name);
      return result;
    },
  };
}

export function createFakeContext(journal: Journal): JobContext {
  return { journal, log: createSilentLogger(), request_id: 'r1' };
}
