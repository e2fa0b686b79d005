import { blockDeviceShape, readRootVolume } from './block-devices.js';
import { assertWellFormed, Ec2Error, invalidValue, missingParameter, notFound } from './errors.js';
import { profileArn } from './instance-xml.js';
import { architectureOf, hasCpuCredits } from './instance-types.js';
import { choosePlace } from './launch-place.js';
import type { Image, MetadataOptions, SecurityGroup, Subnet, Tags } from './model.js';
import type { Parsed } from './parameters.js';
import { assertMetadataTagKeys, readTagSpecifications, tagSpecificationShape } from './tags.js';
import type { World } from './world.js';

/** The parameters of RunInstances that are played. Every other one is refused as unknown. */
export const launchShape = {
  ImageId: 'string',
  InstanceType: 'string',
  MinCount: 'integer',
  MaxCount: 'integer',
  KeyName: 'string',
  SecurityGroupId: { list: 'string' },
  SecurityGroup: { list: 'string' },
  SubnetId: 'string',
  UserData: 'string',
  ClientToken: 'string',
  EbsOptimized: 'boolean',
  DisableApiTermination: 'boolean',
  InstanceInitiatedShutdownBehavior: 'string',
  Monitoring: { fields: { Enabled: 'boolean' } },
  Placement: { fields: { AvailabilityZone: 'string', Tenancy: 'string' } },
  IamInstanceProfile: { fields: { Arn: 'string', Name: 'string' } },
  CreditSpecification: { fields: { CpuCredits: 'string' } },
  BlockDeviceMapping: blockDeviceShape,
  MetadataOptions: {
    fields: {
      HttpTokens: 'string',
      HttpPutResponseHopLimit: 'integer',
      HttpEndpoint: 'string',
      HttpProtocolIpv6: 'string',
      InstanceMetadataTags: 'string',
    },
  },
  TagSpecification: tagSpecificationShape,
} as const;

export type LaunchParameters = Parsed<{ readonly fields: typeof launchShape }>;

/** A launch that passed every check. */
export interface LaunchRequest {
  readonly minCount: number;
  readonly maxCount: number;
  readonly image: Image;
  readonly instanceType: string;
  readonly subnet: Subnet;
  readonly groups: readonly SecurityGroup[];
  readonly keyName: string | undefined;
  readonly profileName: string | undefined;
  readonly userData: Buffer | undefined;
  readonly metadata: MetadataOptions;
  readonly root: { readonly sizeGb: number; readonly type: string; readonly deleteOnTermination: boolean };
  readonly instanceTags: Tags;
  readonly volumeTags: Tags;
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
  readonly terminationProtected: boolean;
  readonly shutdownBehavior: 'stop' | 'terminate';
}

const TAGGABLE = ['instance', 'volume', 'network-interface', 'spot-instances-request', 'elastic-gpu'] as const;
/** Before it is encoded (RunInstances, UserData). */
const USER_DATA_LIMIT = 16_384;

export function checkLaunch(world: World, parameters: LaunchParameters): LaunchRequest {
  const counts = readCounts(parameters);
  const image = readImage(world, parameters.ImageId);
  const instanceType = readInstanceType(parameters, image);
  const { subnet, groups } = choosePlace(world, parameters);
  const tags = readTagSpecifications(parameters.TagSpecification, TAGGABLE);
  const metadata = readMetadata(parameters);
  const instanceTags = tags.get('instance') ?? new Map<string, string>();
  if (metadata.tags === 'enabled') assertMetadataTagKeys(instanceTags);
  const keyName = parameters.KeyName;
  if (keyName !== undefined && !world.keyPairs.has(keyName)) {
    throw new Ec2Error('InvalidKeyPair.NotFound', `The key pair '${keyName}' does not exist`);
  }
  return {
    ...counts,
    image,
    instanceType,
    subnet,
    groups,
    keyName,
    profileName: readProfile(world, parameters.IamInstanceProfile),
    userData: readUserData(parameters.UserData),
    metadata,
    root: readRootVolume(parameters.BlockDeviceMapping, image),
    instanceTags,
    volumeTags: tags.get('volume') ?? new Map<string, string>(),
    ebsOptimized: parameters.EbsOptimized ?? false,
    monitoring: parameters.Monitoring?.Enabled ?? false,
    terminationProtected: parameters.DisableApiTermination ?? false,
    shutdownBehavior: readChoice('InstanceInitiatedShutdownBehavior', parameters.InstanceInitiatedShutdownBehavior, [
      'stop',
      'terminate',
    ]),
  };
}

function readCounts({ MinCount: minCount, MaxCount: maxCount }: LaunchParameters): {
  minCount: number;
  maxCount: number;
} {
  if (minCount === undefined) throw missingParameter('MinCount');
  if (maxCount === undefined) throw missingParameter('MaxCount');
  for (const [name, value] of [
    ['minCount', minCount],
    ['maxCount', maxCount],
  ] as const) {
    if (value < 1)
      throw invalidValue(`Value (${value}) for parameter ${name} is invalid. Expected a positive integer.`);
  }
  if (minCount > maxCount) {
    throw invalidValue(`Value (${maxCount}) for parameter maxCount is invalid. It must not be less than minCount.`);
  }
  return { minCount, maxCount };
}

function readImage(world: World, id: string | undefined): Image {
  if (id === undefined) throw missingParameter('ImageId');
  assertWellFormed('ami-', [id]);
  const image = world.images.get(id);
  if (image === undefined) throw notFound('ami-', [id]);
  if (image.state !== 'available') {
    throw new Ec2Error('InvalidAMIID.Unavailable', `The image ID '${id}' is not available`);
  }
  return image;
}

function readInstanceType(parameters: LaunchParameters, image: Image): string {
  // What EC2 launches where no type is given.
  const instanceType = parameters.InstanceType ?? 'm1.small';
  const architecture = architectureOf(instanceType);
  if (architecture === undefined) throw invalidValue(`Invalid value '${instanceType}' for InstanceType.`);
  if (architecture !== image.architecture) {
    throw invalidValue(
      `The architecture '${architecture}' of the specified instance type does not match the architecture ` +
        `'${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching ` +
        'architectures, and try again.',
    );
  }
  const credits = parameters.CreditSpecification?.CpuCredits;
  if (credits !== undefined) {
    if (!hasCpuCredits(instanceType)) {
      throw new Ec2Error(
        'InstanceCreditSpecification.NotSupported',
        `The credit specification is not supported for the instance type '${instanceType}'.`,
      );
    }
    if (credits !== 'standard' && credits !== 'unlimited') {
      throw new Ec2Error('InvalidCpuCredits', `The specified CpuCredit value '${credits}' is invalid.`);
    }
  }
  return instanceType;
}

function readProfile(world: World, profile: LaunchParameters['IamInstanceProfile']): string | undefined {
  const { Name: name, Arn: arn } = profile ?? {};
  if (name !== undefined && arn !== undefined) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  }
  if (name !== undefined && !world.profiles.has(name)) {
    throw invalidValue(
      `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  if (arn === undefined) return name;
  const named = [...world.profiles].find((candidate) => profileArn(world, candidate) === arn);
  if (named === undefined) {
    throw invalidValue(
      `Value (${arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`,
    );
  }
  return named;
}

function readUserData(text: string | undefined): Buffer | undefined {
  if (text === undefined || text === '') return undefined;
  const compact = text.replaceAll(/\s/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new Ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  const data = Buffer.from(compact, 'base64');
  if (data.length > USER_DATA_LIMIT) throw invalidValue(`User data is limited to ${USER_DATA_LIMIT} bytes`);
  return data;
}

function readMetadata({ MetadataOptions: options = {} }: LaunchParameters): MetadataOptions {
  const hopLimit = options.HttpPutResponseHopLimit ?? 1;
  if (hopLimit < 1 || hopLimit > 64) {
    throw invalidValue(`Value (${hopLimit}) for parameter HttpPutResponseHopLimit is invalid. Expected 1 to 64.`);
  }
  const endpoint = readChoice('HttpEndpoint', options.HttpEndpoint, ['enabled', 'disabled']);
  return {
    tokens: readChoice('HttpTokens', options.HttpTokens, ['optional', 'required']),
    hopLimit,
    endpoint,
    ipv6: readChoice('HttpProtocolIpv6', options.HttpProtocolIpv6, ['disabled', 'enabled']),
    tags: readChoice('InstanceMetadataTags', options.InstanceMetadataTags, ['disabled', 'enabled']),
  };
}

/** One of `choices`, the first where nothing was given. */
function readChoice<T extends string>(name: string, value: string | undefined, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0];
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) {
    throw invalidValue(`Value (${value}) for parameter ${name} is invalid. Valid values: ${choices.join(', ')}.`);
  }
  return choice;
}
