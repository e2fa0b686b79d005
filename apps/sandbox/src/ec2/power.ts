import type { Faults } from '../faults.js';
import type { AutoScaling } from './auto-scaling.js';
import type { CloudInit } from './cloud-init.js';
import { past } from './lifecycle.js';
import type { Instance, Transition } from './model.js';
import type { World } from './world.js';

/** What stopping and starting touch, whichever service asks for it. */
export interface Power {
  readonly world: World;
  readonly faults: Faults;
  readonly cloudInit: CloudInit;
  readonly autoScaling: AutoScaling;
  readonly service: 'ec2' | 'opsworks';
  readonly action: string;
}

/** Begins to stop an instance that runs or comes up, or one that hangs in `stopping` anew. Checks are the caller's. */
export function stop(power: Power, instance: Instance): void {
  const { world } = power;
  const now = world.now();
  const begun = past(instance, now);
  const hangs = begun.at(-1)?.state === 'stopping';
  const delay = hangs ? 0 : stuckFor(power, instance);
  instance.transitions = [
    ...begun,
    ...(hangs ? [] : [{ at: now, state: 'stopping' } as const]),
    ...(delay === undefined ? [] : [{ at: now + world.times.stopMs + delay, state: 'stopped' } as const]),
  ];
  power.cloudInit.stop(instance);
  power.autoScaling.lost(instance);
}

/** Begins to start an instance that is stopped. Checks are the caller's. */
export function start(power: Power, instance: Instance): void {
  const { world } = power;
  const now = world.now();
  const failed = strikes(power, 'start-failed', instance);
  const impaired = !failed && strikes(power, 'setup-failed', instance);
  const delay = stuckFor(power, instance);
  const up = now + world.times.bootMs + (delay ?? 0);
  const outcome: Transition = failed
    ? { at: up, state: 'stopped', failed: true }
    : { at: up, state: 'running', ...(impaired ? { impaired } : {}) };
  instance.transitions = [
    ...past(instance, now),
    { at: now, state: 'pending' },
    ...(delay === undefined ? [] : [outcome]),
  ];
  if (instance.subnet.mapsPublicIp) instance.publicIp = world.addresses.takePublic();
}

/** The names that a fault may know an instance by: ids of both services, and the host name. */
function namesOf(world: World, instance: Instance): readonly string[] {
  const entry = world.opsWorks.ofEc2(instance.id);
  return entry === undefined ? [instance.id] : [instance.id, entry.id, entry.hostname];
}

function strikes(power: Power, kind: 'start-failed' | 'setup-failed', instance: Instance): boolean {
  const { faults, world, service, action } = power;
  return faults.strike([kind], service, action, namesOf(world, instance)) !== undefined;
}

/** How much longer it takes; `undefined`: for ever. */
function stuckFor({ faults, world, service, action }: Power, instance: Instance): number | undefined {
  const fault = faults.strike(['stuck'], service, action, namesOf(world, instance));
  return fault === undefined ? 0 : fault.ms;
}
