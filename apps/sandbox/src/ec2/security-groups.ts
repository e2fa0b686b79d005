import { resourceId } from '../random.js';
import { defineAction, type Call } from './action.js';
import { assertWellFormed, Ec2Error, invalidValue, missingParameter, notFound } from './errors.js';
import { applyFilters, filterShape, type FilterTable } from './filters.js';
import type { SecurityGroup, Vpc } from './model.js';
import { pick } from './networks.js';
import { takePage } from './paging.js';
import { permissionsXml } from './security-group-rules.js';
import { readTagSpecifications, tagsXml, tagSpecificationShape } from './tags.js';
import type { World } from './world.js';

/** "Up to 255 characters in length … a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*" (CreateSecurityGroup). */
const TEXT = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;
/** The default quota of groups in a region. */
const GROUPS_PER_REGION = 2500;

export const createSecurityGroup = defineAction(
  {
    GroupName: 'string',
    GroupDescription: 'string',
    VpcId: 'string',
    TagSpecification: tagSpecificationShape,
  },
  (parameters, call) => {
    const { world } = call;
    const { GroupName: name, GroupDescription: description } = parameters;
    if (name === undefined || name === '') throw missingParameter('GroupName');
    if (description === undefined || description === '') throw missingParameter('GroupDescription');
    assertName(name);
    if (!TEXT.test(description)) {
      throw invalidValue(
        `Value (${description}) for parameter GroupDescription is invalid. ` +
          'Character sets beyond ASCII are not supported.',
      );
    }
    const vpc = chooseVpc(world, parameters.VpcId);
    const tags = readTagSpecifications(parameters.TagSpecification, ['security-group']).get('security-group');
    const groups = [...world.groups.values()];
    if (groups.some((group) => group.vpcId === vpc.id && group.name === name)) {
      throw new Ec2Error('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpc.id}'`);
    }
    if (groups.length >= GROUPS_PER_REGION) {
      throw new Ec2Error('SecurityGroupLimitExceeded', 'The maximum number of security groups has been reached.');
    }
    call.proceed();
    const hiding = call.faults.strike(['not-found-first'], 'ec2', 'CreateSecurityGroup');
    const group = addGroup(
      world,
      { name, description, vpcId: vpc.id, tags: tags ?? new Map<string, string>() },
      { hiddenUntil: hiding?.ms === undefined ? 0 : world.now() + hiding.ms },
    );
    call.record({ group_id: group.id, group_name: name, vpc_id: vpc.id, tags: Object.fromEntries(group.tags) });
    return { return: true, groupId: group.id, tagSet: tagsXml(group.tags) };
  },
);

function assertName(name: string): void {
  if (name.toLowerCase().startsWith('sg-')) {
    throw invalidValue(
      `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`,
    );
  }
  if (name.toLowerCase() === 'default') {
    throw invalidValue(`Cannot use reserved security group name: ${name}`);
  }
  if (!TEXT.test(name)) {
    throw invalidValue(
      `Value (${name}) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.`,
    );
  }
}

function chooseVpc(world: World, id: string | undefined): Vpc {
  if (id === undefined || id === '') {
    const standard = world.defaultVpc();
    if (standard === undefined) throw new Ec2Error('VPCIdNotSpecified', 'No default VPC for this user');
    return standard;
  }
  assertWellFormed('vpc-', [id]);
  const vpc = world.vpcs.get(id);
  if (vpc === undefined) throw notFound('vpc-', [id]);
  return vpc;
}

export function addGroup(
  world: World,
  plan: Pick<SecurityGroup, 'name' | 'description' | 'vpcId' | 'tags'>,
  { id = resourceId('sg'), hiddenUntil = 0 }: { readonly id?: string; readonly hiddenUntil?: number } = {},
): SecurityGroup {
  const group: SecurityGroup = { ...plan, id, order: world.nextOrder(), ingress: [], hiddenUntil };
  world.groups.set(id, group);
  return group;
}

/** A group by id, or by name in the default VPC, where alone names are taken. */
export function findGroup(world: World, id: string | undefined, name: string | undefined): SecurityGroup {
  if (id === undefined && name === undefined) throw missingParameter('GroupName or GroupId');
  if (id !== undefined && name !== undefined) {
    throw new Ec2Error('InvalidParameterCombination', 'The parameters GroupName and GroupId may not be used together');
  }
  if (id !== undefined) {
    assertWellFormed('sg-', [id]);
    const group = world.knownGroups().get(id);
    if (group === undefined) throw notFound('sg-', [id]);
    return group;
  }
  return findByName(world, name ?? '');
}

function findByName(world: World, name: string): SecurityGroup {
  const vpcId = world.defaultVpc()?.id;
  const group = [...world.knownGroups().values()].find(
    (candidate) => candidate.vpcId === vpcId && candidate.name === name,
  );
  if (group === undefined) {
    throw new Ec2Error(
      'InvalidGroup.NotFound',
      `The security group '${name}' does not exist in default VPC '${vpcId ?? ''}'`,
    );
  }
  return group;
}

export const deleteSecurityGroup = defineAction({ GroupId: 'string', GroupName: 'string' }, (parameters, call) => {
  const group = findGroup(call.world, parameters.GroupId, parameters.GroupName);
  if (group.name === 'default') {
    throw new Ec2Error(
      'CannotDelete',
      `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
    );
  }
  assertUnused(call, group);
  call.proceed();
  call.world.groups.delete(group.id);
  call.record({ group_id: group.id, group_name: group.name });
  return { return: true, groupId: group.id };
});

/** A network interface outlives its instance for a while and holds the group; so does a rule of another group. */
function assertUnused({ world }: Call, group: SecurityGroup): void {
  const held = [...world.instances.values()].some(
    (instance) => instance.groupIds.includes(group.id) && world.holdsInterface(instance),
  );
  const named = [...world.groups.values()].some(
    (other) =>
      other.id !== group.id &&
      other.ingress.some((rule) => rule.peer.kind === 'group' && rule.peer.groupId === group.id),
  );
  if (held || named) throw new Ec2Error('DependencyViolation', `resource ${group.id} has a dependent object`);
}

const FILTERS: FilterTable<SecurityGroup> = {
  'group-id': (group) => [group.id],
  'group-name': (group) => [group.name],
  description: (group) => [group.description],
  'vpc-id': (group) => [group.vpcId],
  'ip-permission.protocol': (group) => group.ingress.map((rule) => rule.protocol),
  'ip-permission.from-port': (group) => group.ingress.map((rule) => String(rule.fromPort)),
  'ip-permission.to-port': (group) => group.ingress.map((rule) => String(rule.toPort)),
  'ip-permission.cidr': (group) =>
    group.ingress.map((rule) => (rule.peer.kind === 'ipv4' ? rule.peer.cidr : undefined)),
  'ip-permission.group-id': (group) =>
    group.ingress.map((rule) => (rule.peer.kind === 'group' ? rule.peer.groupId : undefined)),
};

export const describeSecurityGroups = defineAction(
  {
    GroupId: { list: 'string' },
    GroupName: { list: 'string' },
    Filter: filterShape,
    MaxResults: 'integer',
    NextToken: 'string',
  },
  (parameters, { world }) => {
    const names = parameters.GroupName ?? [];
    const named = names.map((name) => findByName(world, name).id);
    const ids = [...(parameters.GroupId ?? []), ...named];
    const matching = applyFilters(pick('sg-', world.knownGroups(), ids), parameters.Filter, FILTERS);
    const page = takePage('DescribeSecurityGroups', matching, parameters);
    return {
      securityGroupInfo: page.items.map((group) => ({
        ownerId: world.accountId,
        groupId: group.id,
        groupName: group.name,
        groupDescription: group.description,
        vpcId: group.vpcId,
        securityGroupArn: `arn:aws:ec2:${world.region}:${world.accountId}:security-group/${group.id}`,
        ipPermissions: permissionsXml(world, group.ingress),
        ipPermissionsEgress: [
          { ipProtocol: '-1', groups: [], ipRanges: [{ cidrIp: '0.0.0.0/0' }], ipv6Ranges: [], prefixListIds: [] },
        ],
        tagSet: tagsXml(group.tags),
      })),
      nextToken: page.nextToken,
    };
  },
);
