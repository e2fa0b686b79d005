import { defineAction } from './action.js';
import { assertWellFormed, invalidValue, notFound } from './errors.js';
import { applyFilters, filterShape, type FilterTable } from './filters.js';
import { rootDeviceType } from './instance-xml.js';
import type { Image } from './model.js';
import { takePage } from './paging.js';
import { tagsXml } from './tags.js';
import type { World } from './world.js';
import type { XmlValue } from './xml.js';

const FILTERS: FilterTable<Image> = {
  'image-id': (image) => [image.id],
  name: (image) => [image.name],
  state: (image) => [image.state],
  'owner-id': (image) => [image.ownerId],
  'owner-alias': (image) => [image.ownerAlias],
  architecture: (image) => [image.architecture],
  'creation-date': (image) => [new Date(image.createdAt).toISOString()],
  'is-public': (image) => [String(image.isPublic)],
  'image-type': () => ['machine'],
  'root-device-type': (image) => [rootDeviceType(image)],
  'root-device-name': (image) => [image.rootDeviceName],
  'virtualization-type': () => ['hvm'],
  hypervisor: () => ['xen'],
};

const OWNER_ALIASES = ['amazon', 'aws-backup-vault', 'aws-marketplace'];

export const describeImages = defineAction(
  {
    ImageId: { list: 'string' },
    Owner: { list: 'string' },
    ExecutableBy: { list: 'string' },
    IncludeDeprecated: 'boolean',
    IncludeDisabled: 'boolean',
    Filter: filterShape,
    MaxResults: 'integer',
    NextToken: 'string',
  },
  (parameters, { world }) => {
    const ids = [...new Set(parameters.ImageId ?? [])];
    assertWellFormed('ami-', ids);
    const unknown = ids.filter((id) => !world.images.has(id));
    if (unknown.length > 0) throw notFound('ami-', unknown);
    const candidates = [...world.images.values()]
      .filter((image) => ids.length === 0 || ids.includes(image.id))
      .filter(ownedBy(world, parameters.Owner ?? []))
      .filter(executableBy(world, parameters.ExecutableBy ?? []));
    const matching = applyFilters(candidates, parameters.Filter, FILTERS);
    const page = takePage('DescribeImages', matching, parameters, 1);
    return { imagesSet: page.items.map((image) => imageXml(image)), nextToken: page.nextToken };
  },
);

function ownedBy(world: World, owners: readonly string[]): (image: Image) => boolean {
  const bad = owners.find((owner) => owner !== 'self' && !OWNER_ALIASES.includes(owner) && !/^\d{12}$/.test(owner));
  if (bad !== undefined) throw invalidValue(`Invalid user id: "${bad}"`);
  if (owners.length === 0) return () => true;
  const wanted = new Set(owners.map((owner) => (owner === 'self' ? world.accountId : owner)));
  return (image) => wanted.has(image.ownerId) || (image.ownerAlias !== undefined && wanted.has(image.ownerAlias));
}

/** Images of other accounts can be launched here only when they are public. */
function executableBy(world: World, users: readonly string[]): (image: Image) => boolean {
  const bad = users.find((user) => user !== 'self' && user !== 'all' && user !== world.accountId);
  if (bad !== undefined) throw invalidValue(`Invalid user id: "${bad}"`);
  return (image) => users.length === 0 || (users.includes('all') && image.isPublic);
}

function imageXml(image: Image): XmlValue {
  return {
    imageId: image.id,
    imageLocation: `${image.ownerId}/${image.name}`,
    imageState: image.state,
    imageOwnerId: image.ownerId,
    imageOwnerAlias: image.ownerAlias,
    creationDate: new Date(image.createdAt).toISOString(),
    isPublic: image.isPublic,
    architecture: image.architecture,
    imageType: 'machine',
    name: image.name,
    rootDeviceType: rootDeviceType(image),
    rootDeviceName: image.rootDeviceName,
    blockDeviceMapping: image.rootDeviceType === 'instance-store' ? [] : [rootDeviceXml(image)],
    virtualizationType: 'hvm',
    tagSet: tagsXml(image.tags),
    hypervisor: 'xen',
    enaSupport: true,
  };
}

function rootDeviceXml(image: Image): XmlValue {
  return {
    deviceName: image.rootDeviceName,
    ebs: {
      snapshotId: image.rootSnapshotId,
      volumeSize: image.rootVolumeGb,
      deleteOnTermination: true,
      volumeType: 'gp2',
      encrypted: false,
    },
  };
}
