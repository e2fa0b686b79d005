import type { EffectGuard } from '@quartermaster/foundation';
import type { Fleet, Layer, Stack, StackInstance } from './stack.js';

/** Why an instance must not be stopped and started. */
export interface Obstacle {
  readonly instance: StackInstance;
  /** A clause for people: `is in the auto-scaling group web, which would replace it`. */
  readonly reason: string;
}

/**
 * Where stacks come from: the OpsWorks API, or the tags that OpsWorks left on instances of EC2.
 * Names match in any case, short names as well. Failures are `AppError`s: `unavailable` where trying again makes sense
 * (`…-unavailable`, `…-throttled`, `…-not-authorized`), `not-found` as given per function, else `unprocessable`.
 */
export interface StackSource {
  readonly name: 'opsworks' | 'ec2-tags';
  /** All there is, for the cache. Paged inside. */
  loadFleet(): Promise<Fleet>;
  /** `not-found`: `unknown-stack`, `unknown-layer`; `conflict`: `ambiguous-name`. */
  findLayer(stack: string, layer: string): Promise<{ readonly stack: Stack; readonly layer: Layer }>;
  /** The instances of one layer as they are this moment, in order of their host names (api2 before api10). */
  listInstances(layer: Layer): Promise<StackInstance[]>;
  /** The ones of these ids that the source knows; an unknown id is left out. */
  findInstances(ids: readonly string[]): Promise<StackInstance[]>;
  /** Those of these instances that can not stop (instance-store root) or would be replaced (auto-scaling group). */
  findObstacles(instances: readonly StackInstance[]): Promise<Obstacle[]>;
  /**
   * Asks for a stop; one that is stopping or stopped already is no error. `not-found` `instance-not-found`.
   * `conflict` `instance-not-stoppable`: its state does not allow it now.
   */
  stopInstance(id: string, guard: EffectGuard): Promise<void>;
  /**
   * Asks for a start; one that is starting or online already is no error. `not-found` `instance-not-found`.
   * `conflict` `instance-not-startable`: its state does not allow it now (e.g. still stopping).
   * `unavailable` `no-capacity`: AWS has no room for it at the moment.
   */
  startInstance(id: string, guard: EffectGuard): Promise<void>;
}
