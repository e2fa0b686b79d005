import { assertWellFormed, Ec2Error, invalidValue, notFound } from './errors.js';
import type { SecurityGroup, Subnet } from './model.js';
import type { World } from './world.js';

interface PlaceParameters {
  readonly SubnetId?: string | undefined;
  readonly SecurityGroupId?: readonly string[] | undefined;
  readonly SecurityGroup?: readonly string[] | undefined;
  readonly Placement?:
    { readonly AvailabilityZone?: string | undefined; readonly Tenancy?: string | undefined } | undefined;
}

const GROUPS_PER_INTERFACE = 5;

/** Where an instance goes: its subnet, and security groups of the same network. */
export function choosePlace(
  world: World,
  parameters: PlaceParameters,
): { readonly subnet: Subnet; readonly groups: readonly SecurityGroup[] } {
  const subnet = chooseSubnet(world, parameters);
  return { subnet, groups: readGroups(world, parameters, subnet) };
}

function chooseSubnet(world: World, parameters: PlaceParameters): Subnet {
  const tenancy = parameters.Placement?.Tenancy;
  if (tenancy !== undefined && tenancy !== 'default') throw invalidValue(`Invalid value '${tenancy}' for tenancy.`);
  const zone = parameters.Placement?.AvailabilityZone;
  const id = parameters.SubnetId;
  if (id !== undefined) {
    assertWellFormed('subnet-', [id]);
    const subnet = world.subnets.get(id);
    if (subnet === undefined) throw notFound('subnet-', [id]);
    if (zone !== undefined && zone !== subnet.zone) {
      throw invalidValue(`The subnet ID '${id}' is not in the availability zone '${zone}'.`);
    }
    return subnet;
  }
  const defaults = [...world.subnets.values()].filter((subnet) => subnet.isDefault);
  if (defaults.length === 0) {
    throw new Ec2Error('VPCIdNotSpecified', 'No default VPC for this user');
  }
  const subnet = defaults.find((candidate) => zone === undefined || candidate.zone === zone);
  if (subnet === undefined) throw invalidValue(`Invalid availability zone: [${zone ?? ''}]`);
  return subnet;
}

function readGroups(world: World, parameters: PlaceParameters, subnet: Subnet): SecurityGroup[] {
  const ids = [...new Set(parameters.SecurityGroupId ?? [])];
  const names = [...new Set(parameters.SecurityGroup ?? [])];
  if (names.length > 0 && parameters.SubnetId !== undefined) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      'The parameter groupName cannot be used with the parameter subnet',
    );
  }
  assertWellFormed('sg-', ids);
  const known = world.knownGroups();
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw notFound('sg-', unknown);
  const inVpc = [...known.values()].filter((group) => group.vpcId === subnet.vpcId);
  const byName = names.map((name) => {
    const group = inVpc.find((candidate) => candidate.name === name);
    if (group === undefined) {
      throw new Ec2Error(
        'InvalidGroup.NotFound',
        `The security group '${name}' does not exist in default VPC '${subnet.vpcId}'`,
      );
    }
    return group;
  });
  const byId = ids.flatMap((id) => known.get(id) ?? []);
  const stranger = byId.find((group) => group.vpcId !== subnet.vpcId);
  if (stranger !== undefined) {
    throw new Ec2Error(
      'InvalidParameter',
      `Security group ${stranger.id} and subnet ${subnet.id} belong to different networks.`,
    );
  }
  const groups = [...new Set([...byId, ...byName])];
  if (groups.length > GROUPS_PER_INTERFACE) {
    throw new Ec2Error(
      'SecurityGroupsPerInterfaceLimitExceeded',
      'The maximum number of security groups per interface has been reached.',
    );
  }
  return groups.length > 0 ? groups : inVpc.filter((group) => group.name === 'default');
}
