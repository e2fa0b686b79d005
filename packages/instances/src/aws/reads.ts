import {
  paginateDescribeImages,
  paginateDescribeInstances,
  paginateDescribeSecurityGroups,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Filter,
  type Image,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { AppError } from '@quartermaster/foundation';
import type { Ec2Port } from '../ec2-port.js';
import { BUILD_TAG, INSTALL_TAG, type CloudInstance } from '../instance.js';
import { awsCode } from '@quartermaster/aws';
import { mapImage, mapInstance, mapSecurityGroup, present } from './mapping.js';
import { read } from './calls.js';

type Reads = Pick<
  Ec2Port,
  | 'listInstances'
  | 'listInstancesOfBuild'
  | 'findInstances'
  | 'isTerminationProtected'
  | 'listImages'
  | 'findImage'
  | 'resolveVpc'
  | 'findSecurityGroup'
  | 'listSecurityGroups'
>;

/** EC2's largest page, and its limit on the values of one filter. */
const PAGE_SIZE = 1000;
const MAX_FILTER_VALUES = 200;
/** Of instances, which may be many: a page is in memory as a whole, as text and as objects. */
const INSTANCES_PAGE_SIZE = 500;

const SUBNET_NOT_FOUND = { kind: 'unprocessable', code: 'subnet-not-found' } as const;

/** What is asked of EC2. Lists go by filters: a call that names an unknown id fails as a whole, a filter leaves it out. */
export function createReads(client: EC2Client, installId: string): Reads {
  // Mapped page by page: what EC2 tells of an instance beyond our few fields is some twenty times their size.
  const instances = async (filters: Filter[]): Promise<CloudInstance[]> =>
    read('DescribeInstances', async () => {
      const found: CloudInstance[] = [];
      const pages = paginateDescribeInstances(
        { client, pageSize: INSTANCES_PAGE_SIZE },
        filters.length === 0 ? {} : { Filters: filters },
      );
      for await (const { Reservations = [] } of pages) {
        const raw = Reservations.flatMap(({ Instances = [] }) => Instances);
        found.push(...present(raw.map((instance) => mapInstance(instance, installId))));
      }
      return found;
    });

  return {
    listInstances: () => instances([]),

    listInstancesOfBuild: (buildId) => instances([filter(`tag:${BUILD_TAG}`, buildId)]),

    findInstances: async (ids) => {
      const found: CloudInstance[] = [];
      for (let start = 0; start < ids.length; start += MAX_FILTER_VALUES) {
        found.push(...(await instances([filter('instance-id', ...ids.slice(start, start + MAX_FILTER_VALUES))])));
      }
      return found;
    },

    isTerminationProtected: async (id) =>
      read('DescribeInstanceAttribute', async () => {
        try {
          const command = new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'disableApiTermination' });
          return (await client.send(command)).DisableApiTermination?.Value ?? false;
        } catch (error) {
          if (awsCode(error).startsWith('InvalidInstanceID.')) return undefined;
          throw error;
        }
      }),

    listImages: async (role) =>
      read('DescribeImages', async () => {
        const found: Image[] = [];
        const filters = [role === undefined ? filter('tag-key', 'role') : filter('tag:role', role)];
        const pages = paginateDescribeImages({ client, pageSize: PAGE_SIZE }, { Owners: ['self'], Filters: filters });
        for await (const page of pages) found.push(...(page.Images ?? []));
        return present(found.map(mapImage));
      }),

    findImage: async (ami) =>
      read('DescribeImages', async () => {
        try {
          const { Images } = await client.send(new DescribeImagesCommand({ ImageIds: [ami] }));
          return present((Images ?? []).map(mapImage))[0];
        } catch (error) {
          // NotFound, Malformed and Unavailable: an image that nobody can launch from.
          if (awsCode(error).startsWith('InvalidAMIID.')) return undefined;
          throw error;
        }
      }),

    resolveVpc: async (subnetId) => (subnetId === undefined ? defaultVpc(client) : vpcOfSubnet(client, subnetId)),

    findSecurityGroup: async (name, vpcId) =>
      (await securityGroups(client, [filter('group-name', name), filter('vpc-id', vpcId)]))[0]?.GroupId,

    listSecurityGroups: async (install) =>
      present((await securityGroups(client, [filter(`tag:${INSTALL_TAG}`, install)])).map(mapSecurityGroup)),
  };
}

/** Every group that the filters let through. */
export function securityGroups(client: EC2Client, filters: Filter[]): Promise<SecurityGroup[]> {
  return read('DescribeSecurityGroups', async () => {
    const found: SecurityGroup[] = [];
    const pages = paginateDescribeSecurityGroups({ client, pageSize: PAGE_SIZE }, { Filters: filters });
    for await (const page of pages) found.push(...(page.SecurityGroups ?? []));
    return found;
  });
}

export function filter(name: string, ...values: string[]): Filter {
  return { Name: name, Values: values };
}

async function vpcOfSubnet(client: EC2Client, subnetId: string): Promise<string> {
  const { Subnets } = await read(
    'DescribeSubnets',
    () => client.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] })),
    { 'InvalidSubnetID.*': SUBNET_NOT_FOUND, 'InvalidSubnetId.*': SUBNET_NOT_FOUND },
  );
  const vpcId = Subnets?.[0]?.VpcId;
  if (vpcId !== undefined) return vpcId;
  throw new AppError(SUBNET_NOT_FOUND.kind, SUBNET_NOT_FOUND.code, `There is no subnet ${subnetId}.`);
}

async function defaultVpc(client: EC2Client): Promise<string> {
  const { Vpcs } = await read('DescribeVpcs', () =>
    client.send(new DescribeVpcsCommand({ Filters: [filter('is-default', 'true')] })),
  );
  const vpcId = Vpcs?.[0]?.VpcId;
  if (vpcId !== undefined) return vpcId;
  throw new AppError('unprocessable', 'no-default-vpc', 'The account has no default VPC: name a subnet.');
}
