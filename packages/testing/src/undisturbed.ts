/** How often something is tried that a machine which is busy with other things may spoil. */
const MOST_TRIES = 5;
const TICK_MS = 20;

/**
 * Runs what is right only while this process goes on: it has short leases, windows or limits. Where it fails and the process
 * meanwhile stood still for longer than `stillMs`, that says nothing, and it is run again, from its own beginning.
 */
export async function undisturbed<T>(attempt: () => T | Promise<T>, stillMs = 100): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    let longestMs = 0;
    let lastAt = performance.now();
    const look = (): void => {
      longestMs = Math.max(longestMs, performance.now() - lastAt - TICK_MS);
      lastAt = performance.now();
    };
    const ticks = setInterval(look, TICK_MS);
    try {
      return await attempt();
    } catch (error) {
      look();
      if (longestMs <= stillMs || tries === MOST_TRIES) throw error;
    } finally {
      clearInterval(ticks);
    }
  }
}

/** How long (ms) something takes that nothing else holds up: the shortest of a few times, or the first below `limitMs`. */
export async function quickest(limitMs: number, act: () => unknown): Promise<number> {
  let shortest = Infinity;
  for (let tries = 1; tries <= 3 && shortest >= limitMs; tries += 1) {
    const startedAt = performance.now();
    await act();
    shortest = Math.min(shortest, performance.now() - startedAt);
  }
  return shortest;
}
