import type { EffectGuard } from '@quartermaster/foundation';
import { awaitStep, OperationFailed, timeStep, type OperationSite } from './operation-site.js';

/** How long (ms) Kubernetes may take to end what was deleted: a finalizer or a dead machine may keep it for good. */
const ENDING_MS = 3_600_000;

/**
 * Waits until what is to go is gone, as a step. `ask` asks for it again, and says in words what is left; `undefined`:
 * nothing. Throws `OperationFailed` (`objects-not-gone`) after an hour; `giveUp` comes before.
 */
export async function awaitGone(
  site: OperationSite,
  name: string,
  ask: (guard: EffectGuard) => Promise<string | undefined>,
  giveUp: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const since = await timeStep(site, `${name}-since`);
  await awaitStep(site, name, async (guard) => {
    const left = await ask(guard);
    if (left === undefined) return true;
    if (site.now() - since < ENDING_MS) return undefined;
    await giveUp();
    const what = `After an hour Kubernetes has not ended all of CouchDB cluster ${site.operation.tag}`;
    throw new OperationFailed('unavailable', 'objects-not-gone', `${what}: ${left}.`);
  });
}
