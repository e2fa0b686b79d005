import { rootDeviceType } from '../ec2/instance-xml.js';
import { past } from '../ec2/lifecycle.js';
import type { Instance } from '../ec2/model.js';
import { start, stop, type Power } from '../ec2/power.js';
import type { World } from '../ec2/world.js';
import type { StackInstance } from './account.js';
import { defineAction, type Call } from './action.js';
import { resourceNotFound, validation } from './errors.js';
import { backing } from './json.js';
import { statusOf, type Status } from './status.js';

/** What can be stopped is what is up or coming up, and what has failed; what can be started is down. */
const STOPPABLE: readonly Status[] = [
  'requested',
  'booting',
  'running_setup',
  'online',
  'setup_failed',
  'start_failed',
];
const STARTABLE: readonly Status[] = ['stopped', 'start_failed'];

export const stopInstance = defineAction({ InstanceId: 'string', Force: 'boolean' }, (parameters, call) => {
  const { entry, instance } = find(call.world, parameters.InstanceId);
  const force = parameters.Force ?? false;
  if (rootDeviceType(instance.image) === 'instance-store') {
    throw validation(`Instance ${entry.id} has an instance-store root device: stopping it is not played here`);
  }
  if (force) {
    // "Adding the Force parameter disassociates the instance from EC2, and forces deletion of only the OpsWorks instance."
    call.world.opsWorks.remove(entry.id);
    record(call, entry, { force, disassociated: true });
    return undefined;
  }
  const status = assertStatus(call.world, entry, instance, STOPPABLE, 'stopped');
  if (status === 'start_failed') settle(call.world, instance);
  else stop(powerOf(call, 'StopInstance'), instance);
  record(call, entry, { force });
  return undefined;
});

export const startInstance = defineAction({ InstanceId: 'string' }, (parameters, call) => {
  const { entry, instance } = find(call.world, parameters.InstanceId);
  assertStatus(call.world, entry, instance, STARTABLE, 'started');
  start(powerOf(call, 'StartInstance'), instance);
  record(call, entry, {});
  return undefined;
});

function find(world: World, id: string | undefined): { entry: StackInstance; instance: Instance } {
  if (id === undefined) {
    throw validation(
      "1 validation error detected: Value null at 'instanceId' failed to satisfy constraint: Member must not be null",
    );
  }
  const entry = world.opsWorks.instances.get(id);
  if (entry === undefined) throw resourceNotFound(`Unable to find instance with ID ${id}`);
  return { entry, instance: backing(world, entry) };
}

/** OpsWorks documents the code and not the words. */
function assertStatus(
  world: World,
  entry: StackInstance,
  instance: Instance,
  allowed: readonly Status[],
  done: 'stopped' | 'started',
): Status {
  const status = statusOf(world, instance);
  if (allowed.includes(status)) return status;
  throw validation(`Instance ${entry.id} cannot be ${done} while its status is ${status}`);
}

/** EC2 has it stopped already: only the failure is taken off. */
function settle(world: World, instance: Instance): void {
  const now = world.now();
  instance.transitions = [...past(instance, now), { at: now, state: 'stopped' }];
}

function powerOf({ world, faults, cloudInit, autoScaling }: Call, action: string): Power {
  return { world, faults, cloudInit, autoScaling, service: 'opsworks', action };
}

/** The lists are there so that both services' effects can be read alike. */
function record(call: Call, entry: StackInstance, details: Readonly<Record<string, unknown>>): void {
  call.record({
    instance_id: entry.id,
    ec2_instance_id: entry.ec2InstanceId,
    hostname: entry.hostname,
    stack: call.world.opsWorks.stacks.get(entry.stackId)?.name,
    instance_ids: [entry.ec2InstanceId],
    hostnames: [entry.hostname],
    ...details,
  });
}
