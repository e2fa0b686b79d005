import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Labels } from './manifests/index.js';
import { goneOnConflict } from './errors.js';
import type { KindStore, KubeObject } from './kind-store.js';
import { planPatch } from './plan-patch.js';

const LOOKS = 5;
/** Before the second look; then twice as long each time. */
const PAUSE_MS = 50;

/** Makes an object, or makes of one that stands what `upkeep` says, if it is ours: if it has these labels. */
export async function ensureObject<T extends KubeObject>(
  store: KindStore<T>,
  manifest: T,
  upkeep: object,
  ours: Labels,
  guard: EffectGuard,
): Promise<void> {
  const name = manifest.metadata?.name ?? '';
  for (let look = 0; look < LOOKS; look += 1) {
    await pauseBefore(look, guard);
    const standing = await store.find(name, guard);
    if (standing === undefined) {
      if (await store.create(manifest, guard)) return;
      continue;
    }
    assertOurs(store.kind, standing, ours);
    if ((await applyPatch(store, standing, upkeep, guard)) === 'done') return;
  }
  throw goneOnConflict(store.kind, name);
}

/** Changes an object that stands, if it is not so already. `undefined` from `plan`: nothing is to be changed. */
export async function changeObject<T extends KubeObject>(
  store: KindStore<T>,
  name: string,
  plan: (standing: T) => object | undefined,
  guard: EffectGuard,
): Promise<'done' | 'gone'> {
  for (let look = 0; look < LOOKS; look += 1) {
    await pauseBefore(look, guard);
    const standing = await store.find(name, guard);
    if (standing === undefined) return 'gone';
    const wished = plan(standing);
    if (wished === undefined || (await applyPatch(store, standing, wished, guard)) === 'done') return 'done';
  }
  throw goneOnConflict(store.kind, name);
}

/** Others who met the same conflict look again at another moment: half of a pause is by chance. */
async function pauseBefore(look: number, guard: EffectGuard): Promise<void> {
  if (look === 0) return;
  const longest = PAUSE_MS * 2 ** (look - 1);
  const ms = longest * (0.5 + Math.random() / 2);
  await sleep(ms, undefined, { signal: guard.signal }).catch(() => guard.signal.throwIfAborted());
}

/** Patches only what differs, and only what was looked at. */
async function applyPatch<T extends KubeObject>(
  store: KindStore<T>,
  standing: T,
  wished: object,
  guard: EffectGuard,
): Promise<'done' | 'conflict' | 'gone'> {
  const patch: { metadata?: object } | undefined = planPatch(wished, standing);
  if (patch === undefined) return 'done';
  const { name = '', uid, resourceVersion } = standing.metadata ?? {};
  return store.patch(name, { ...patch, metadata: { ...patch.metadata, uid, resourceVersion } }, guard);
}

/** Throws where it is somebody else's, or goes just now. */
export function assertOurs(kind: string, { metadata = {} }: KubeObject, ours: Labels): void {
  const { name = '', deletionTimestamp } = metadata;
  if (!hasLabels({ metadata }, ours)) {
    const words = `There is a ${kind} ${name} that is not of this cluster; it is left alone.`;
    throw new AppError('unprocessable', 'kubernetes-refused', words);
  }
  if (deletionTimestamp === undefined) return;
  throw new AppError('unavailable', 'kubernetes-unavailable', `The former ${kind} ${name} is not gone yet.`);
}

/** The object of this name, if it is ours: if it has these labels. */
export async function findOwn<T extends KubeObject>(
  store: KindStore<T>,
  name: string,
  ours: Labels,
  guard: EffectGuard,
): Promise<T | undefined> {
  const standing = await store.find(name, guard);
  return standing === undefined || !hasLabels(standing, ours) ? undefined : standing;
}

export function hasLabels({ metadata }: KubeObject, labels: Labels): boolean {
  return Object.entries(labels).every(([key, value]) => metadata?.labels?.[key] === value);
}
