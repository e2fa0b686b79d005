import {
  CreateTagsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type EC2Client,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { LaunchPlan } from '../build.js';
import type { Ec2Port } from '../ec2-port.js';
import type { ErrorTable } from '@quartermaster/aws';
import { mapInstance, present, tagList } from './mapping.js';
import { change } from './calls.js';

type InstanceChanges = Pick<Ec2Port, 'runInstances' | 'tagInstance' | 'terminateInstances'>;

const NO_CAPACITY = { kind: 'unprocessable', code: 'no-capacity' } as const;
const NOT_FOUND = { kind: 'not-found', code: 'instance-not-found' } as const;

const LAUNCH: ErrorTable = {
  // The pool is empty: InsufficientInstanceCapacity, …HostCapacity, …ReservedInstanceCapacity, …FreeAddressesInSubnet.
  'Insufficient*': NO_CAPACITY,
  // The account's own limit is reached.
  InstanceLimitExceeded: NO_CAPACITY,
  MaxSpotInstanceCountExceeded: NO_CAPACITY,
  VcpuLimitExceeded: NO_CAPACITY,
  VolumeLimitExceeded: NO_CAPACITY,
  IdempotentInstanceTerminated: { kind: 'unprocessable', code: 'instances-terminated' },
  IdempotentParameterMismatch: { kind: 'conflict', code: 'launch-parameters-differ' },
  '*': { kind: 'unprocessable', code: 'launch-refused' },
};

const TAGGING: ErrorTable = {
  'InvalidInstanceID.NotFound': { kind: 'unavailable', code: 'instance-not-visible' },
};

const TERMINATION: ErrorTable = {
  'InvalidInstanceID.*': NOT_FOUND,
  OperationNotPermitted: { kind: 'conflict', code: 'termination-protected' },
};

/** What is changed about instances. `launchTimeoutMs`: how long one `RunInstances` may take. */
export function createInstanceChanges(client: EC2Client, installId: string, launchTimeoutMs: number): InstanceChanges {
  return {
    runInstances: async (plan, userData, guard) => {
      const command = new RunInstancesCommand(launchInput(plan, userData));
      const { Instances } = await change(
        'RunInstances',
        command,
        guard,
        (options) => client.send(command, { ...options, requestTimeout: launchTimeoutMs }),
        LAUNCH,
      );
      return present((Instances ?? []).map((instance) => mapInstance(instance, installId)));
    },

    tagInstance: async (id, tags, guard) => {
      const command = new CreateTagsCommand({ Resources: [id], Tags: tagList(tags) });
      await change('CreateTags', command, guard, (options) => client.send(command, options), TAGGING);
    },

    terminateInstances: async (ids, guard) => {
      if (ids.length === 0) return;
      const command = new TerminateInstancesCommand({ InstanceIds: [...ids] });
      await change('TerminateInstances', command, guard, (options) => client.send(command, options), TERMINATION);
    },
  };
}

/** The same plan and user data give the same bytes, as EC2's idempotency asks for. */
function launchInput(plan: LaunchPlan, userData: string): RunInstancesCommandInput {
  const { subnet_id, key_name, iam_instance_profile: profile, root_volume } = plan;
  const Tags = tagList(plan.tags);
  return {
    ClientToken: plan.client_token,
    ImageId: plan.image_id,
    InstanceType: plan.instance_type as NonNullable<RunInstancesCommandInput['InstanceType']>,
    // All or none.
    MinCount: plan.count,
    MaxCount: plan.count,
    SecurityGroupIds: [...plan.security_group_ids],
    UserData: Buffer.from(userData, 'utf8').toString('base64'),
    // IMDSv2 only; two hops, so that a container on the instance reaches it too.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
    ],
    ...(subnet_id === undefined ? {} : { SubnetId: subnet_id }),
    ...(key_name === undefined ? {} : { KeyName: key_name }),
    ...(profile === undefined
      ? {}
      : { IamInstanceProfile: profile.startsWith('arn:') ? { Arn: profile } : { Name: profile } }),
    ...(root_volume === undefined
      ? {}
      : { BlockDeviceMappings: [{ DeviceName: root_volume.device_name, Ebs: { VolumeSize: root_volume.size_gb } }] }),
  };
}
