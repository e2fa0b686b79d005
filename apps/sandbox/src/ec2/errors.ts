/** An answer that refuses, with EC2's own code and wording. */
export class Ec2Error extends Error {
  override readonly name = 'Ec2Error';
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

export const invalidValue = (message: string): Ec2Error => new Ec2Error('InvalidParameterValue', message);

export const missingParameter = (name: string): Ec2Error =>
  new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`);

/** The kinds of resource whose ids requests name: how an id looks, and what EC2 says of a bad or unknown one. */
const RESOURCES = {
  'i-': {
    malformed: 'InvalidInstanceID.Malformed',
    notFound: 'InvalidInstanceID.NotFound',
    one: (id: string) => `The instance ID '${id}' does not exist`,
    many: (ids: string) => `The instance IDs '${ids}' do not exist`,
  },
  'ami-': {
    malformed: 'InvalidAMIID.Malformed',
    notFound: 'InvalidAMIID.NotFound',
    one: (id: string) => `The image id '[${id}]' does not exist`,
    many: (ids: string) => `The image ids '[${ids}]' do not exist`,
  },
  'subnet-': {
    malformed: 'InvalidSubnetID.NotFound',
    notFound: 'InvalidSubnetID.NotFound',
    one: (id: string) => `The subnet ID '${id}' does not exist`,
    many: (ids: string) => `The subnet IDs '${ids}' do not exist`,
  },
  'vpc-': {
    malformed: 'InvalidVpcID.NotFound',
    notFound: 'InvalidVpcID.NotFound',
    one: (id: string) => `The vpc ID '${id}' does not exist`,
    many: (ids: string) => `The vpc IDs '${ids}' do not exist`,
  },
  'sg-': {
    malformed: 'InvalidGroupId.Malformed',
    notFound: 'InvalidGroup.NotFound',
    one: (id: string) => `The security group '${id}' does not exist`,
    many: (ids: string) => `The security groups '${ids}' do not exist`,
  },
  'vol-': {
    malformed: 'InvalidVolumeID.Malformed',
    notFound: 'InvalidVolume.NotFound',
    one: (id: string) => `The volume '${id}' does not exist.`,
    many: (ids: string) => `The volumes '${ids}' do not exist.`,
  },
} as const;

export type ResourcePrefix = keyof typeof RESOURCES;

export function prefixOf(id: string): ResourcePrefix | undefined {
  return (Object.keys(RESOURCES) as ResourcePrefix[]).find((prefix) => id.startsWith(prefix));
}

/** Old ids have 8 hexadecimal digits, new ones 17; anything else is malformed, which EC2 tells apart from unknown. */
export function assertWellFormed(prefix: ResourcePrefix, ids: readonly string[]): void {
  const bad = ids.find((id) => !new RegExp(`^${prefix}(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(id));
  if (bad === undefined) return;
  const { malformed, notFound, one } = RESOURCES[prefix];
  if (malformed === notFound) throw new Ec2Error(notFound, one(bad));
  throw new Ec2Error(malformed, `Invalid id: "${bad}" (expecting "${prefix}...")`);
}

export function notFound(prefix: ResourcePrefix, ids: readonly string[]): Ec2Error {
  const resource = RESOURCES[prefix];
  const [first = ''] = ids;
  return new Ec2Error(resource.notFound, ids.length > 1 ? resource.many(ids.join(', ')) : resource.one(first));
}
