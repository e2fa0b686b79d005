import type { Image as Ec2Image, Instance as Ec2Instance, SecurityGroup, Tag } from '@aws-sdk/client-ec2';
import type { CloudSecurityGroup } from '../ec2-port.js';
import { BUILD_TAG, INSTALL_TAG, type CloudImage, type CloudInstance, type InstanceState } from '../instance.js';

/** EC2's instance in the house's words. `undefined` where EC2 left out what makes an instance. */
export function mapInstance(instance: Ec2Instance, installId: string): CloudInstance | undefined {
  const state = instance.State?.Name;
  if (instance.InstanceId === undefined || state === undefined) return undefined;
  const tags = tagMap(instance.Tags);
  return {
    id: instance.InstanceId,
    name: tags.get('Name') ?? '',
    instance_type: instance.InstanceType ?? '',
    image_id: instance.ImageId ?? '',
    ip: instance.PublicIpAddress ?? '',
    private_ip: instance.PrivateIpAddress ?? '',
    launch_time: instance.LaunchTime?.toISOString() ?? '',
    state: state satisfies InstanceState,
    queue: tags.get('queue') ?? '',
    env: tags.get('env') ?? '',
    site: tags.get('site') ?? '',
    role: tags.get('role') ?? '',
    managed: tags.get(INSTALL_TAG) === installId,
    build_id: tags.get(BUILD_TAG) ?? '',
  };
}

/** EC2's image in the house's words. `undefined` where it has no id. */
export function mapImage(image: Ec2Image): CloudImage | undefined {
  if (image.ImageId === undefined) return undefined;
  const tags = tagMap(image.Tags);
  const active = tags.get('active');
  return {
    ami: image.ImageId,
    name: image.Name ?? '',
    role: tags.get('role') ?? '',
    active: active !== undefined && active !== 'false',
    state: image.State ?? '',
    creation_date: image.CreationDate ?? '',
    root_device_name: image.RootDeviceName ?? '',
  };
}

export function mapSecurityGroup(group: SecurityGroup): CloudSecurityGroup | undefined {
  if (group.GroupId === undefined) return undefined;
  return { id: group.GroupId, name: group.GroupName ?? '', build_id: tagMap(group.Tags).get(BUILD_TAG) ?? '' };
}

/** Tags as the SDK sends them, in an order that does not depend on how they were put together. */
export function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }));
}

/** Leaves out what could not be mapped. */
export function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

function tagMap(tags: readonly Tag[] = []): Map<string, string> {
  return new Map(tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}
