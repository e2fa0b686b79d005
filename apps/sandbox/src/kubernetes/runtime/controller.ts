import type { ObjectStore } from '../objects.js';

/** What every controller works with. */
export interface ControlWorld {
  readonly store: ObjectStore;
  readonly now: () => number;
  readonly random: () => number;
}
