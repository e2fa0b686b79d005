import type { Faults } from '../faults.js';
import type { Records } from '../records.js';
import type { AutoScaling } from './auto-scaling.js';
import type { CloudInit } from './cloud-init.js';
import type { Parsed, Shape } from './parameters.js';
import type { World } from './world.js';
import type { XmlValue } from './xml.js';

/** One call of one action, with all it may touch. */
export interface Call {
  readonly world: World;
  readonly faults: Faults;
  readonly cloudInit: CloudInit;
  readonly autoScaling: AutoScaling;
  readonly instanceLimit: number;
  readonly requestId: string;
  /** Everything is checked and the effect comes now. Throws `DryRunOperation` for a dry run. */
  proceed(): void;
  /** Notes what was really done. */
  record(details: Parameters<Records['addEffect']>[3]): void;
}

export type Result = { readonly [name: string]: XmlValue };

/** An action as the table of actions holds it. */
export interface Action {
  readonly parameters: Readonly<Record<string, Shape>>;
  readonly run: (parameters: never, call: Call) => Result;
}

/** Ties an action's parameters to its function's type. `DryRun` is taken by every action and needs no naming. */
export function defineAction<const F extends Readonly<Record<string, Shape>>>(
  parameters: F,
  run: (parameters: Parsed<{ readonly fields: F }>, call: Call) => Result,
): Action {
  return { parameters, run };
}
