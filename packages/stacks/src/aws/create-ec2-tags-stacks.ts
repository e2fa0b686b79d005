import { EC2Client, StartInstancesCommand, StopInstancesCommand, type Instance } from '@aws-sdk/client-ec2';
import { clientSettings, tellAttempts, type ErrorTable } from '@quartermaster/aws';
import { findLayer, findStack, inOrder, instancesOf } from '../find.js';
import type { Fleet } from '../stack.js';
import { describeInstances, describeInstancesById, describeStatuses, ec2 } from './ec2-calls.js';
import { obstaclesAmong } from './obstacles.js';
import { TIMEOUTS, type Stacks, type StacksPlace } from './stacks.js';
import { LAYER_TAG_PREFIX, readTaggedFleet, STACK_TAG } from './tagged-fleet.js';

const NOT_FOUND = { kind: 'not-found', code: 'instance-not-found' } as const;
const NO_CAPACITY = { kind: 'unavailable', code: 'no-capacity' } as const;
const NOT_STARTABLE = { kind: 'conflict', code: 'instance-not-startable' } as const;
const NOT_STOPPABLE = { kind: 'conflict', code: 'instance-not-stoppable' } as const;

const START: ErrorTable = {
  'InvalidInstanceID.*': NOT_FOUND,
  IncorrectInstanceState: NOT_STARTABLE,
  IncorrectState: NOT_STARTABLE,
  // The pool is empty: InsufficientInstanceCapacity, …HostCapacity, …ReservedInstanceCapacity.
  'Insufficient*': NO_CAPACITY,
  InstanceLimitExceeded: NO_CAPACITY,
  VcpuLimitExceeded: NO_CAPACITY,
};
/** Not in it, as waiting does not help: stop protection (OperationNotPermitted), a root that can't stop (UnsupportedOperation). */
const STOP: ErrorTable = {
  'InvalidInstanceID.*': NOT_FOUND,
  IncorrectInstanceState: NOT_STOPPABLE,
  IncorrectState: NOT_STOPPABLE,
};

/** Stacks by the tags of their instances, over EC2 alone: the source that works on AWS today. */
export function createEc2TagsStacks(region: string, place: StacksPlace = {}): Stacks {
  const client = tellAttempts(new EC2Client(clientSettings(place, TIMEOUTS)), 'ec2');

  const listTagged = (key: string): Promise<Instance[]> =>
    describeInstances(client, [{ Name: 'tag-key', Values: [key] }]);
  const withStatuses = async (instances: readonly Instance[]): Promise<Fleet> =>
    readTaggedFleet(instances, await describeStatuses(client, instances), region);

  return {
    name: 'ec2-tags',
    loadFleet: async () => withStatuses(await listTagged(STACK_TAG)),
    findLayer: async (stackName, layerName) => {
      // Tags can't be asked for in any case, so all names are read; statuses are not needed for that.
      const fleet = readTaggedFleet(await listTagged(STACK_TAG), new Map(), region);
      const stack = findStack(fleet, stackName);
      return { stack, layer: findLayer(fleet, stack, layerName) };
    },
    listInstances: async (layer) => {
      const tagged = await listTagged(LAYER_TAG_PREFIX + layer.Shortname);
      // Other stacks may have a layer of this short name: their statuses are not asked for.
      const own = new Set(
        instancesOf(readTaggedFleet(tagged, new Map(), region), layer).map(({ InstanceId }) => InstanceId),
      );
      return inOrder((await withStatuses(tagged.filter(({ InstanceId }) => own.has(InstanceId ?? '')))).instances);
    },
    findInstances: async (ids) => inOrder((await withStatuses(await describeInstancesById(client, ids))).instances),
    findObstacles: async (instances) => obstaclesAmong(client, instances),
    stopInstance: async (id, guard) => {
      const command = new StopInstancesCommand({ InstanceIds: [id] });
      await ec2.change('StopInstances', command, guard, (options) => client.send(command, options), STOP);
    },
    startInstance: async (id, guard) => {
      const command = new StartInstancesCommand({ InstanceIds: [id] });
      await ec2.change('StartInstances', command, guard, (options) => client.send(command, options), START);
    },
    close: () => client.destroy(),
  };
}
