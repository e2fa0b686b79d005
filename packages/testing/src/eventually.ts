/**
 * Waits until `check` returns without throwing, and returns what it returned. `limitMs` is the limit of the wait for the
 * condition, not a measurement: when it passes, the last error is thrown.
 */
export async function eventually<T>(check: () => T | Promise<T>, limitMs = 60_000, everyMs = 50): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
}
