import { defineAction } from './action.js';
import { assertWellFormed, notFound, type ResourcePrefix } from './errors.js';
import { applyFilters, filterShape, type FilterTable } from './filters.js';
import type { Subnet, Vpc } from './model.js';
import { takePage } from './paging.js';
import { tagsXml } from './tags.js';
import type { World } from './world.js';

const VPC_FILTERS: FilterTable<Vpc> = {
  'vpc-id': (vpc) => [vpc.id],
  cidr: (vpc) => [vpc.cidr],
  'is-default': (vpc) => [String(vpc.isDefault)],
  isDefault: (vpc) => [String(vpc.isDefault)],
  state: () => ['available'],
};

const paged = { Filter: filterShape, MaxResults: 'integer', NextToken: 'string' } as const;

export const describeVpcs = defineAction({ VpcId: { list: 'string' }, ...paged }, (parameters, { world }) => {
  const candidates = pick('vpc-', world.vpcs, parameters.VpcId);
  const page = takePage('DescribeVpcs', applyFilters(candidates, parameters.Filter, VPC_FILTERS), parameters);
  return {
    vpcSet: page.items.map((vpc) => ({
      vpcId: vpc.id,
      ownerId: world.accountId,
      state: 'available',
      cidrBlock: vpc.cidr,
      cidrBlockAssociationSet: [{ cidrBlock: vpc.cidr, cidrBlockState: { state: 'associated' } }],
      dhcpOptionsId: 'default',
      instanceTenancy: 'default',
      isDefault: vpc.isDefault,
      tagSet: tagsXml(vpc.tags),
    })),
    nextToken: page.nextToken,
  };
});

function subnetFilters(world: World): FilterTable<Subnet> {
  return {
    'subnet-id': (subnet) => [subnet.id],
    'vpc-id': (subnet) => [subnet.vpcId],
    'availability-zone': (subnet) => [subnet.zone],
    availabilityZone: (subnet) => [subnet.zone],
    'cidr-block': (subnet) => [subnet.cidr],
    cidr: (subnet) => [subnet.cidr],
    'default-for-az': (subnet) => [String(subnet.isDefault)],
    defaultForAz: (subnet) => [String(subnet.isDefault)],
    'map-public-ip-on-launch': (subnet) => [String(subnet.mapsPublicIp)],
    'available-ip-address-count': (subnet) => [String(world.addresses.free(subnet))],
    state: () => ['available'],
  };
}

export const describeSubnets = defineAction({ SubnetId: { list: 'string' }, ...paged }, (parameters, { world }) => {
  const candidates = pick('subnet-', world.subnets, parameters.SubnetId);
  const matching = applyFilters(candidates, parameters.Filter, subnetFilters(world));
  const page = takePage('DescribeSubnets', matching, parameters);
  return {
    subnetSet: page.items.map((subnet) => ({
      subnetId: subnet.id,
      subnetArn: `arn:aws:ec2:${world.region}:${world.accountId}:subnet/${subnet.id}`,
      state: 'available',
      ownerId: world.accountId,
      vpcId: subnet.vpcId,
      cidrBlock: subnet.cidr,
      availableIpAddressCount: world.addresses.free(subnet),
      availabilityZone: subnet.zone,
      defaultForAz: subnet.isDefault,
      mapPublicIpOnLaunch: subnet.mapsPublicIp,
      tagSet: tagsXml(subnet.tags),
    })),
    nextToken: page.nextToken,
  };
});

/** The resources of these ids, or all. Throws where one is malformed or unknown. */
export function pick<T extends { readonly id: string }>(
  prefix: ResourcePrefix,
  store: ReadonlyMap<string, T>,
  ids: readonly string[] | undefined,
): T[] {
  if (ids === undefined || ids.length === 0) return [...store.values()];
  assertWellFormed(prefix, ids);
  const unknown = ids.filter((id) => !store.has(id));
  if (unknown.length > 0) throw notFound(prefix, unknown);
  return [...store.values()].filter((item) => ids.includes(item.id));
}
