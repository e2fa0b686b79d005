import { defineAction, type Call } from './action.js';
import { Ec2Error, invalidValue, missingParameter } from './errors.js';
import { rootDeviceType, stateXml } from './instance-xml.js';
import { hasRun } from './lifecycle.js';
import type { Instance } from './model.js';
import { start, stop, type Power } from './power.js';
import type { World } from './world.js';
import type { XmlValue } from './xml.js';

const ids = { list: 'string' } as const;

/** As TerminateInstances has it; the API Reference names no number here. */
const MAX_IDS = 1000;

export const stopInstances = defineAction(
  { InstanceId: ids, Force: 'boolean', Hibernate: 'boolean' },
  (parameters, call) => {
    const instances = readInstances(call.world, parameters.InstanceId);
    if (parameters.Hibernate === true) {
      throw new Ec2Error('UnsupportedOperation', 'Hibernation is not enabled on the specified instances.');
    }
    for (const instance of instances) assertStoppable(call.world, instance);
    call.proceed();
    // Force is for an instance that hangs in stopping ("Troubleshoot Amazon EC2 instance stop issues").
    const stoppable = ['pending', 'running', ...(parameters.Force === true ? ['stopping'] : [])];
    return change(call, instances, stoppable, (instance) => stop(powerOf(call, 'StopInstances'), instance), {
      force: parameters.Force ?? false,
    });
  },
);

export const startInstances = defineAction({ InstanceId: ids }, (parameters, call) => {
  const instances = readInstances(call.world, parameters.InstanceId);
  for (const instance of instances) assertStartable(call.world, instance);
  const waiting = instances.some((instance) => call.world.stateOf(instance) === 'stopped');
  if (waiting && call.faults.strike(['no-capacity'], 'ec2', 'StartInstances') !== undefined) {
    throw new Ec2Error('InsufficientInstanceCapacity', 'Insufficient capacity.', 500);
  }
  call.proceed();
  return change(call, instances, ['stopped'], (instance) => start(powerOf(call, 'StartInstances'), instance), {});
});

/** Does it to those that it changes, records these, and answers all of them. */
function change(
  call: Call,
  instances: readonly Instance[],
  from: readonly string[],
  apply: (instance: Instance) => void,
  details: Readonly<Record<string, unknown>>,
): { readonly instancesSet: XmlValue } {
  const { world } = call;
  const before = instances.map((instance) => ({ instance, previous: world.stateOf(instance) }));
  const changed = before.filter(({ previous }) => from.includes(previous)).map(({ instance }) => instance);
  for (const instance of changed) apply(instance);
  if (changed.length > 0) {
    call.record({
      instance_ids: changed.map(({ id }) => id),
      hostnames: changed.map(({ id }) => world.opsWorks.ofEc2(id)?.hostname ?? null),
      ...details,
    });
  }
  return {
    instancesSet: before.map(({ instance, previous }) => ({
      instanceId: instance.id,
      currentState: stateXml(world.stateOf(instance)),
      previousState: stateXml(previous),
    })),
  };
}

function powerOf(call: Call, action: string): Power {
  const { world, faults, cloudInit, autoScaling } = call;
  return { world, faults, cloudInit, autoScaling, service: 'ec2', action };
}

function readInstances(world: World, list: readonly string[] | undefined): Instance[] {
  const wanted = [...new Set(list ?? [])];
  if (wanted.length === 0) throw missingParameter('InstanceId');
  if (wanted.length > MAX_IDS) throw invalidValue(`The maximum number of instance IDs is ${MAX_IDS}.`);
  return world.findInstances(wanted);
}

/** The words are those that people have seen; one that may not be stopped refuses the whole call. */
function assertStoppable(world: World, instance: Instance): void {
  assertEbs(instance, 'stopped');
  const state = world.stateOf(instance);
  if (state === 'shutting-down' || state === 'terminated') {
    throw incorrectState(`This instance '${instance.id}' is not in a state from which it can be stopped.`);
  }
  if (state === 'pending' && !hasRun(instance, world.now())) {
    throw incorrectState(`Instance '${instance.id}' cannot be stopped as it has never reached the 'running' state.`);
  }
}

function assertStartable(world: World, instance: Instance): void {
  assertEbs(instance, 'started');
  const state = world.stateOf(instance);
  if (state === 'stopped' || state === 'running' || state === 'pending') return;
  throw incorrectState(`The instance '${instance.id}' is not in a state from which it can be started.`);
}

/** "Performing this operation on an instance that uses an instance store as its root device returns an error." */
function assertEbs(instance: Instance, done: 'stopped' | 'started'): void {
  if (rootDeviceType(instance.image) === 'ebs') return;
  throw new Ec2Error(
    'UnsupportedOperation',
    `The instance '${instance.id}' does not have an 'ebs' root device type and cannot be ${done}.`,
  );
}

function incorrectState(message: string): Ec2Error {
  return new Ec2Error('IncorrectInstanceState', message);
}
