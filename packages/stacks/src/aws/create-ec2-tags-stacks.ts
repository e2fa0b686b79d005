import { EC2Client, StartInstancesCommand, StopInstancesCommand, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { clientSettings, type AwsPlace, type AwsTimeouts, type ErrorTable } from '@quartermaster/aws';
import { findLayer, findStack, inOrder, instancesOf } from '../find.js';
import type { Fleet } from '../stack.js';
import type { StackSource } from '../stack-source.js';
import { describeInstances, describeInstancesById, describeStatuses, ec2 } from './ec2-calls.js';
import { obstaclesAmong } from './obstacles.js';
import { readTaggedFleet, STACK_TAG } from './tagged-fleet.js';

export type StacksPlace = AwsPlace<NonNullable<EC2ClientConfig['credentials']>>;

/** A source of stacks with connections to close. */
export interface Stacks extends StackSource {
  /** Closes idle connections. */
  close(): void;
}

export const TIMEOUTS: AwsTimeouts = { connection: 3_000, request: 15_000, idle: 15_000 };

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
const STOP: ErrorTable = {
  'InvalidInstanceID.*': NOT_FOUND,
  IncorrectInstanceState: NOT_STOPPABLE,
  IncorrectState: NOT_STOPPABLE,
  UnsupportedOperation: NOT_STOPPABLE,
  OperationNotPermitted: NOT_STOPPABLE,
};

/** Stacks by the tags of their instances, over EC2 alone: the source that works on AWS today. */
export function createEc2TagsStacks(region: string, place: StacksPlace = {}): Stacks {
  const client = new EC2Client(clientSettings(place, TIMEOUTS));

  const read = async (filters: Parameters<typeof describeInstances>[1]): Promise<Fleet> => {
    const instances = await describeInstances(client, filters);
    return readTaggedFleet(instances, await describeStatuses(client, instances), region);
  };

  return {
    name: 'ec2-tags',
    loadFleet: () => read([{ Name: 'tag-key', Values: [STACK_TAG] }]),
    findLayer: async (stackName, layerName) => {
      // Tags can't be asked for in any case, so all names are read; statuses are not needed for that.
      const tagged = await describeInstances(client, [{ Name: 'tag-key', Values: [STACK_TAG] }]);
      const fleet = readTaggedFleet(tagged, new Map(), region);
      const stack = findStack(fleet, stackName);
      return { stack, layer: findLayer(fleet, stack, layerName) };
    },
    listInstances: async (layer) => {
      const fleet = await read([{ Name: 'tag-key', Values: [`opsworks:layer:${layer.Shortname}`] }]);
      return instancesOf(fleet, layer);
    },
    findInstances: async (ids) => {
      const instances = await describeInstancesById(client, ids);
      return inOrder(readTaggedFleet(instances, await describeStatuses(client, instances), region).instances);
    },
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
