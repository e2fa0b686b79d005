import { checkSteps, publicIpOf, type Step } from './ec2/lifecycle.js';
import type { Instance } from './ec2/model.js';
import type { World } from './ec2/world.js';
import type { Layer, StackInstance } from './opsworks/account.js';
import { backing } from './opsworks/json.js';
import type { AddedStack } from './opsworks/seed-stacks.js';
import { statusOf, statusSteps } from './opsworks/status.js';

export function showInstance(world: World, instance: Instance): object {
  return {
    id: instance.id,
    state: world.stateOf(instance),
    opsworks: showMembership(world, instance),
    image_id: instance.image.id,
    instance_type: instance.instanceType,
    subnet_id: instance.subnet.id,
    security_group_ids: instance.groupIds,
    private_ip: instance.privateIp,
    public_ip: publicIpOf(world, instance) ?? null,
    client_token: instance.clientToken ?? null,
    termination_protected: instance.terminationProtected,
    metadata: instance.metadata,
    root_volume: { ...instance.rootVolume, tags: Object.fromEntries(instance.rootVolume.tags) },
    launch_time: new Date(instance.launchedAt).toISOString(),
    tags: Object.fromEntries(instance.tags),
    cloud_init: showCloudInit(instance),
  };
}

export function showCloudInit(instance: Instance): object {
  const { script, ...record } = instance.cloudInit;
  return {
    outcome: record.outcome,
    build_id: record.buildId ?? null,
    url: record.url ?? null,
    fetch_attempts: record.fetchAttempts,
    report_attempts: record.reportAttempts,
    last_status: record.lastStatus ?? null,
    last_error: record.lastError ?? null,
    reported_at: record.reportedAt ?? null,
    script_bytes: script === undefined ? 0 : Buffer.byteLength(script),
  };
}

/** The ids that a demonstration needs to begin with. */
export function showResources(world: World): object {
  return {
    vpcs: [...world.vpcs.values()].map(({ id, cidr, isDefault }) => ({ id, cidr, default: isDefault })),
    subnets: [...world.subnets.values()].map(({ id, vpcId, zone, cidr }) => ({ id, vpc_id: vpcId, zone, cidr })),
    images: [...world.images.values()].map(({ id, name, state, tags }) => ({
      id,
      name,
      state,
      tags: Object.fromEntries(tags),
    })),
    security_groups: [...world.groups.values()].map(({ id, name, vpcId, tags }) => ({
      id,
      name,
      vpc_id: vpcId,
      tags: Object.fromEntries(tags),
    })),
    key_pairs: [...world.keyPairs],
    instance_profiles: [...world.profiles],
  };
}

/** What OpsWorks says of it; `null` for an instance of no stack. */
function showMembership(world: World, instance: Instance): object | null {
  const entry = world.opsWorks.ofEc2(instance.id);
  if (entry === undefined) return null;
  return {
    instance_id: entry.id,
    hostname: entry.hostname,
    stack: world.opsWorks.stacks.get(entry.stackId)?.name ?? null,
    layers: layersOf(world, entry).map(({ shortname }) => shortname),
    status: statusOf(world, instance),
  };
}

/** Every state it has had so far, in the terms of EC2, of its instance status check, and of OpsWorks. */
export function showTimeline(world: World, instance: Instance): object {
  const now = world.now();
  const show = (steps: readonly Step<string>[]): object[] =>
    steps.filter(({ at }) => at <= now).map(({ at, state }) => ({ at: new Date(at).toISOString(), state }));
  return {
    transitions: show(instance.transitions),
    check_transitions: show(checkSteps(instance, world.times)),
    opsworks_transitions:
      world.opsWorks.ofEc2(instance.id) === undefined ? [] : show(statusSteps(instance, world.times)),
  };
}

/** A stack with all its ids, as it is when it has just been added. */
export function showAddedStack(world: World, { stack, layers, instances }: AddedStack): object {
  return {
    id: stack.id,
    name: stack.name,
    layers: layers.map(({ id, name, shortname }) => ({ id, name, shortname })),
    instances: instances.map((entry) => ({
      instance_id: entry.id,
      ec2_instance_id: entry.ec2InstanceId,
      hostname: entry.hostname,
      layers: layersOf(world, entry).map(({ shortname }) => shortname),
      status: statusOf(world, backing(world, entry)),
    })),
  };
}

export function showStacks(world: World): object[] {
  const { stacks, layers, instances } = world.opsWorks;
  return [...stacks.values()].map((stack) =>
    showAddedStack(world, {
      stack,
      layers: [...layers.values()].filter(({ stackId }) => stackId === stack.id),
      instances: [...instances.values()].filter(({ stackId }) => stackId === stack.id),
    }),
  );
}

function layersOf(world: World, entry: StackInstance): Layer[] {
  return entry.layerIds.flatMap((id) => world.opsWorks.layers.get(id) ?? []);
}
