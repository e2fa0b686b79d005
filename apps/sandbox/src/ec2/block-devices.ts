import { Ec2Error, invalidValue, missingParameter } from './errors.js';
import type { Image } from './model.js';
import type { Parsed } from './parameters.js';

export const blockDeviceShape = {
  list: {
    fields: {
      DeviceName: 'string',
      Ebs: {
        fields: {
          DeleteOnTermination: 'boolean',
          Encrypted: 'boolean',
          Iops: 'integer',
          SnapshotId: 'string',
          Throughput: 'integer',
          VolumeSize: 'integer',
          VolumeType: 'string',
        },
      },
    },
  },
} as const;

type Mappings = Parsed<typeof blockDeviceShape>;

/** Volume type → the sizes in GiB that EBS makes it in ("Amazon EBS volume types"); only these can hold a root device. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  gp2: [1, 16_384],
  gp3: [1, 65_536],
  io1: [4, 16_384],
  io2: [4, 65_536],
  standard: [1, 1024],
};

interface RootVolumeRequest {
  readonly sizeGb: number;
  readonly type: string;
  readonly deleteOnTermination: boolean;
}

/** What the root volume becomes. Further volumes are checked for form but not played. */
export function readRootVolume(mappings: Mappings | undefined, image: Image): RootVolumeRequest {
  const seen = new Set<string>();
  let root: RootVolumeRequest = { sizeGb: image.rootVolumeGb, type: 'gp2', deleteOnTermination: true };
  for (const { DeviceName: device, Ebs: ebs } of mappings ?? []) {
    if (device === undefined) throw missingParameter('deviceName');
    if (seen.has(device)) {
      throw new Ec2Error(
        'InvalidBlockDeviceMapping',
        `The device '${device}' is used in more than one block-device mapping`,
      );
    }
    seen.add(device);
    const volume = readVolume(ebs, device, device === image.rootDeviceName ? image : undefined);
    if (device === image.rootDeviceName) root = volume;
  }
  return root;
}

function readVolume(ebs: Mappings[number]['Ebs'], device: string, image: Image | undefined): RootVolumeRequest {
  const type = ebs?.VolumeType ?? 'gp2';
  const range = Object.hasOwn(SIZES, type) ? SIZES[type] : undefined;
  if (range === undefined) throw invalidValue(`Value (${type}) for parameter volumeType is invalid.`);
  if (ebs?.Iops !== undefined && !['io1', 'io2', 'gp3'].includes(type)) {
    throw new Ec2Error('InvalidParameterCombination', `The parameter iops is not supported for ${type} volumes.`);
  }
  if (ebs?.Throughput !== undefined && type !== 'gp3') {
    throw new Ec2Error('InvalidParameterCombination', `The parameter throughput is not supported for ${type} volumes.`);
  }
  const sizeGb = ebs?.VolumeSize ?? image?.rootVolumeGb;
  if (sizeGb === undefined) throw missingParameter('size or snapshotId');
  if (sizeGb < range[0] || sizeGb > range[1]) {
    throw invalidValue(
      `Volume of ${sizeGb}GiB is invalid for ${type} on ${device}; it must be ${range[0]} to ${range[1]}GiB.`,
    );
  }
  if (image !== undefined && sizeGb < image.rootVolumeGb) {
    throw new Ec2Error(
      'InvalidBlockDeviceMapping',
      `Volume of size ${sizeGb}GB is smaller than snapshot '${image.rootSnapshotId}', expect size >= ${image.rootVolumeGb}GB`,
    );
  }
  return { sizeGb, type, deleteOnTermination: ebs?.DeleteOnTermination ?? true };
}
