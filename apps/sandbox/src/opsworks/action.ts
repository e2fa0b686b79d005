import type { AutoScaling } from '../ec2/auto-scaling.js';
import type { CloudInit } from '../ec2/cloud-init.js';
import type { World } from '../ec2/world.js';
import type { Faults } from '../faults.js';
import type { Parameters, Shape } from './parameters.js';

/** One call of one action, with all it may touch. */
export interface Call {
  readonly world: World;
  readonly faults: Faults;
  readonly cloudInit: CloudInit;
  readonly autoScaling: AutoScaling;
  /** Notes what was really done. */
  record(details: Readonly<Record<string, unknown>>): void;
}

/** An action as the table of actions holds it. One without a result answers an empty body. */
export interface Action {
  readonly parameters: Readonly<Record<string, Shape>>;
  readonly run: (parameters: never, call: Call) => object | undefined;
}

/** Ties an action's parameters to its function's type. */
export function defineAction<const F extends Readonly<Record<string, Shape>>>(
  parameters: F,
  run: (parameters: Parameters<F>, call: Call) => object | undefined,
): Action {
  return { parameters, run };
}
