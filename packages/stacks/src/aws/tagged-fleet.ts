import { createHash } from 'node:crypto';
import type { Instance, InstanceStatus } from '@aws-sdk/client-ec2';
import { byName, inOrder } from '../find.js';
import type { Fleet, Layer, Stack, StackInstance, StackInstanceStatus } from '../stack.js';

/** What OpsWorks left on detached instances; any fleet can tag itself so. */
export const STACK_TAG = 'opsworks:stack';
export const LAYER_TAG_PREFIX = 'opsworks:layer:';
/** Set by AWS on every member of an auto-scaling group. */
export const GROUP_TAG = 'aws:autoscaling:groupName';

/** An id that is the same wherever and whenever the same names are read. */
export function idOf(...names: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(names)).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/**
 * A fleet as its tags tell it, in order of names. Terminated instances are none of it any more. `statuses`: by instance id,
 * for those that run.
 */
export function readTaggedFleet(
  instances: readonly Instance[],
  statuses: ReadonlyMap<string, InstanceStatus>,
  region: string,
): Fleet {
  const stacks = new Map<string, Stack>();
  const layers = new Map<string, Layer>();
  const members: StackInstance[] = [];
  for (const instance of instances) {
    const tags = tagMap(instance);
    const stackName = tags.get(STACK_TAG);
    const id = instance.InstanceId;
    if (stackName === undefined || id === undefined || instance.State?.Name === 'terminated') continue;
    const StackId = idOf(region, stackName);
    stacks.set(StackId, { StackId, Name: stackName, Region: region });
    const own = [...tags].flatMap(([key, value]) => {
      if (!key.startsWith(LAYER_TAG_PREFIX)) return [];
      const Shortname = key.slice(LAYER_TAG_PREFIX.length);
      return [{ LayerId: idOf(region, stackName, Shortname), StackId, Name: value || Shortname, Shortname }];
    });
    for (const layer of own) layers.set(layer.LayerId, layers.get(layer.LayerId) ?? layer);
    members.push(
      toStackInstance(
        instance,
        tags,
        StackId,
        own.map(({ LayerId }) => LayerId),
        statuses.get(id),
      ),
    );
  }
  return {
    stacks: [...stacks.values()].sort((a, b) => byName(a.Name, b.Name)),
    layers: [...layers.values()].sort((a, b) => byName(a.Shortname, b.Shortname)),
    instances: inOrder(members),
  };
}

function toStackInstance(
  instance: Instance,
  tags: ReadonlyMap<string, string>,
  StackId: string,
  LayerIds: readonly string[],
  status: InstanceStatus | undefined,
): StackInstance {
  const id = instance.InstanceId ?? '';
  const Hostname = hostnameOf(tags, instance.PrivateDnsName) || id;
  const facts: Record<string, unknown> = {
    AmiId: instance.ImageId,
    Architecture: instance.Architecture,
    AutoScalingGroupName: tags.get(GROUP_TAG),
    AvailabilityZone: instance.Placement?.AvailabilityZone,
    CreatedAt: instance.LaunchTime?.toISOString(),
    InstanceType: instance.InstanceType,
    PrivateDns: instance.PrivateDnsName,
    PrivateIp: instance.PrivateIpAddress,
    PublicDns: instance.PublicDnsName,
    PublicIp: instance.PublicIpAddress,
    RootDeviceType: instance.RootDeviceType,
    SecurityGroupIds: instance.SecurityGroups?.map(({ GroupId }) => GroupId),
    SshKeyName: instance.KeyName,
    SubnetId: instance.SubnetId,
  };
  const told = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined && value !== ''));
  return {
    InstanceId: id,
    StackId,
    LayerIds,
    Hostname,
    Status: statusOf(instance, status),
    Ec2InstanceId: id,
    ...told,
  };
}

/** OpsWorks named its instances `<stack> - <hostname>`, and tagged them `opsworks:instance`. */
function hostnameOf(tags: ReadonlyMap<string, string>, privateDns = ''): string {
  const tagged = tags.get('opsworks:instance');
  if (tagged !== undefined && tagged !== '') return tagged;
  const name = tags.get('Name') ?? '';
  const prefix = `${tags.get(STACK_TAG) ?? ''} - `;
  if (name.startsWith(prefix) && name.length > prefix.length) return name.slice(prefix.length);
  return name || (privateDns.split('.')[0] ?? '');
}

/**
 * State reasons of a start that came to nothing (EC2 User Guide: Instance immediately terminates, and API Reference:
 * StateReason). A stop that somebody asked for, or a spot stop, is none.
 */
const FAILED_START = new Set([
  'Server.InternalError',
  'Server.InsufficientInstanceCapacity',
  'Client.InternalError',
  'Client.VolumeLimitExceeded',
  'Client.InvalidSnapshot.NotFound',
]);

/**
 * `online`: it runs and both status checks are ok. One that runs and whose checks are not there yet is in `running_setup`;
 * one with a failed check has lost its connection, for what EC2 can tell: whether it ever was online, it does not know.
 */
function statusOf(instance: Instance, status: InstanceStatus | undefined): StackInstanceStatus {
  switch (instance.State?.Name) {
    case 'pending':
      return 'booting';
    case 'running':
      return runningStatus(status);
    case 'stopping':
      return 'stopping';
    case 'stopped':
      return FAILED_START.has(instance.StateReason?.Code ?? '') ? 'start_failed' : 'stopped';
    case 'shutting-down':
      return 'terminating';
    default:
      return 'terminated';
  }
}

function runningStatus(status: InstanceStatus | undefined): StackInstanceStatus {
  const checks = [status?.InstanceStatus?.Status, status?.SystemStatus?.Status];
  if (checks.includes('impaired')) return 'connection_lost';
  return checks.every((check) => check === 'ok') ? 'online' : 'running_setup';
}

function tagMap({ Tags = [] }: Instance): Map<string, string> {
  return new Map(Tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}
