import { expand, stepAt, type Step } from '../ec2/lifecycle.js';
import type { Instance } from '../ec2/model.js';
import type { WorldTimes } from '../ec2/world.js';

/** Those of OpsWorks' statuses that are played (OpsWorks API Reference, Instance, `Status`). */
export type Status =
  | 'requested'
  | 'booting'
  | 'running_setup'
  | 'online'
  | 'setup_failed'
  | 'start_failed'
  | 'stopping'
  | 'stopped'
  | 'terminating'
  | 'terminated';

type StatusTimes = Pick<WorldTimes, 'bootMs' | 'setupMs'>;

/**
 * OpsWorks' view of an instance's whole life, drawn from that of EC2, so that both always agree. "Manually Starting,
 * Stopping, and Rebooting 24/7 Instances": requested and booting while EC2 has it pending, then Setup, then online.
 */
export function statusSteps(instance: Instance, { bootMs, setupMs }: StatusTimes): Step<Status>[] {
  return expand<Status>(instance.transitions, ({ at, state, failed, impaired }) => {
    if (state === 'pending') {
      return [
        { at, state: 'requested' },
        { at: at + Math.floor(bootMs / 2), state: 'booting' },
      ];
    }
    if (state === 'running') {
      return [
        { at, state: 'running_setup' },
        { at: at + setupMs, state: impaired === true ? 'setup_failed' : 'online' },
      ];
    }
    if (state === 'shutting-down') return [{ at, state: 'terminating' }];
    return [{ at, state: failed === true ? 'start_failed' : state }];
  });
}

export function statusOf(world: { readonly times: StatusTimes; now(): number }, instance: Instance): Status {
  return stepAt(statusSteps(instance, world.times), world.now())?.state ?? 'requested';
}
