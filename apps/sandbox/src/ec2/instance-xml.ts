import { launchTimeOf, publicIpOf, stateReasonOf } from './lifecycle.js';
import type { Image, Instance, InstanceState } from './model.js';
import { tagsXml } from './tags.js';
import type { World } from './world.js';
import type { XmlValue } from './xml.js';

export const STATE_CODES = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const satisfies Record<InstanceState, number>;

export function rootDeviceType(image: Image): 'ebs' | 'instance-store' {
  return image.rootDeviceType ?? 'ebs';
}

export function stateXml(state: InstanceState): XmlValue {
  return { code: STATE_CODES[state], name: state };
}

/** Instances as `<reservationSet>` holds them: neighbours of one launch share a reservation. */
export function reservationsXml(world: World, instances: readonly Instance[]): XmlValue[] {
  const reservations: Instance[][] = [];
  for (const instance of instances) {
    const last = reservations.at(-1);
    if (last?.[0]?.reservationId === instance.reservationId) last.push(instance);
    else reservations.push([instance]);
  }
  return reservations.map((members) => reservationXml(world, members));
}

export function reservationXml(world: World, members: readonly Instance[]): { readonly [name: string]: XmlValue } {
  return {
    reservationId: members[0]?.reservationId,
    ownerId: world.accountId,
    groupSet: [],
    instancesSet: members.map((instance) => instanceXml(world, instance)),
  };
}

export function groupsXml(world: World, instance: Instance): XmlValue[] {
  return instance.groupIds.map((id) => ({ groupId: id, groupName: world.groups.get(id)?.name }));
}

export function profileArn(world: World, name: string): string {
  return `arn:aws:iam::${world.accountId}:instance-profile/${name}`;
}

function instanceXml(world: World, instance: Instance): XmlValue {
  const state = world.stateOf(instance);
  const reason = stateReasonOf(instance, world.now());
  return {
    instanceId: instance.id,
    imageId: instance.image.id,
    instanceState: stateXml(state),
    privateDnsName: state === 'terminated' ? '' : `ip-${instance.privateIp.replaceAll('.', '-')}.ec2.internal`,
    dnsName: '',
    reason: reason?.transition ?? '',
    keyName: instance.keyName,
    amiLaunchIndex: instance.launchIndex,
    productCodes: [],
    instanceType: instance.instanceType,
    launchTime: new Date(launchTimeOf(instance, world.now())).toISOString(),
    placement: { availabilityZone: instance.subnet.zone, groupName: '', tenancy: 'default' },
    monitoring: { state: instance.monitoring ? 'enabled' : 'disabled' },
    ...(state === 'terminated' ? { groupSet: [] } : networkXml(world, instance)),
    stateReason: reason === undefined ? undefined : { code: reason.code, message: reason.message },
    architecture: instance.image.architecture,
    rootDeviceType: rootDeviceType(instance.image),
    rootDeviceName: instance.image.rootDeviceName,
    blockDeviceMapping: hasRootVolume(instance, state) ? [rootDeviceXml(instance)] : [],
    virtualizationType: 'hvm',
    clientToken: instance.clientToken ?? '',
    tagSet: tagsXml(instance.tags),
    hypervisor: 'xen',
    iamInstanceProfile:
      instance.profileName === undefined
        ? undefined
        : { arn: profileArn(world, instance.profileName), id: 'AIPASANDBOX0000000000' },
    ebsOptimized: instance.ebsOptimized,
    enaSupport: true,
    metadataOptions: {
      state: state === 'pending' ? 'pending' : 'applied',
      httpTokens: instance.metadata.tokens,
      httpPutResponseHopLimit: instance.metadata.hopLimit,
      httpEndpoint: instance.metadata.endpoint,
      httpProtocolIpv6: instance.metadata.ipv6,
      instanceMetadataTags: instance.metadata.tags,
    },
  };
}

/** A terminated instance has none of this left. A public address is there only while the instance runs. */
function networkXml(world: World, instance: Instance): { readonly [name: string]: XmlValue } {
  const { subnet } = instance;
  return {
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    privateIpAddress: instance.privateIp,
    ipAddress: publicIpOf(world, instance),
    sourceDestCheck: true,
    groupSet: groupsXml(world, instance),
    networkInterfaceSet: [
      {
        networkInterfaceId: instance.interfaceId,
        subnetId: subnet.id,
        vpcId: subnet.vpcId,
        ownerId: world.accountId,
        status: 'in-use',
        privateIpAddress: instance.privateIp,
        sourceDestCheck: true,
        groupSet: groupsXml(world, instance),
        attachment: { deviceIndex: 0, status: 'attached', deleteOnTermination: true },
      },
    ],
  };
}

function hasRootVolume({ image }: Instance, state: InstanceState): boolean {
  return image.rootDeviceType !== 'instance-store' && state !== 'terminated' && state !== 'pending';
}

function rootDeviceXml(instance: Instance): XmlValue {
  return {
    deviceName: instance.image.rootDeviceName,
    ebs: {
      volumeId: instance.rootVolume.id,
      status: 'attached',
      attachTime: new Date(instance.launchedAt).toISOString(),
      deleteOnTermination: instance.rootVolume.deleteOnTermination,
    },
  };
}
