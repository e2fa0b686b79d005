import type { EffectGuard } from '@quartermaster/foundation';
import type { Labels, WishedObject } from './manifests/index.js';
import { ensureObject } from './converge.js';
import type { KindStore, KubeObject } from './kind-store.js';
import type { Kinds } from './kinds.js';

export const partName = ({ kind, name }: WishedObject): { name: string } => ({ name: `${kind}/${name}` });

export function makePart(kinds: Kinds, object: WishedObject, ours: Labels, guard: EffectGuard): Promise<void> {
  // Store and manifest are of the same kind, which the compiler can't follow.
  const store = kinds[object.kind] as KindStore<KubeObject>;
  return ensureObject(store, object.manifest, object.upkeep, ours, guard);
}
