import { profileArn, rootDeviceType } from '../ec2/instance-xml.js';
import { publicIpOf } from '../ec2/lifecycle.js';
import type { Instance } from '../ec2/model.js';
import type { World } from '../ec2/world.js';
import type { Layer, Stack, StackInstance } from './account.js';
import { statusOf } from './status.js';

const OS = 'Ubuntu 18.04 LTS';
const NO_RECIPES = { Setup: [], Configure: [], Deploy: [], Undeploy: [], Shutdown: [] };
/** What OpsWorks calls the profile that its instances run under. */
export const EC2_ROLE = 'aws-opsworks-ec2-role';

/** OpsWorks writes dates as `2013-08-01T22:53:42+00:00`. */
export function dateText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}+00:00`;
}

export function stackJson(world: World, stack: Stack): object {
  return {
    StackId: stack.id,
    Name: stack.name,
    Arn: arn(world, `stack/${stack.id}/`),
    Region: world.region,
    VpcId: stack.vpcId,
    Attributes: { Color: 'rgb(45, 114, 184)' },
    ServiceRoleArn: `arn:aws:iam::${world.accountId}:role/aws-opsworks-service-role`,
    DefaultInstanceProfileArn: profileArn(world, EC2_ROLE),
    DefaultOs: OS,
    HostnameTheme: 'Layer_Dependent',
    DefaultAvailabilityZone: stack.zone,
    DefaultSubnetId: stack.subnetId,
    ConfigurationManager: { Name: 'Chef', Version: '12' },
    ChefConfiguration: {},
    UseCustomCookbooks: false,
    UseOpsworksSecurityGroups: true,
    CustomCookbooksSource: {},
    CreatedAt: dateText(stack.createdAt),
    DefaultRootDeviceType: 'ebs',
    AgentVersion: 'LATEST',
  };
}

export function layerJson(world: World, layer: Layer): object {
  return {
    Arn: arn(world, `layer/${layer.id}`),
    StackId: layer.stackId,
    LayerId: layer.id,
    Type: 'custom',
    Name: layer.name,
    Shortname: layer.shortname,
    Attributes: {},
    CustomSecurityGroupIds: [],
    DefaultSecurityGroupNames: ['AWS-OpsWorks-Custom-Server'],
    Packages: [],
    VolumeConfigurations: [],
    EnableAutoHealing: false,
    AutoAssignElasticIps: false,
    AutoAssignPublicIps: true,
    DefaultRecipes: NO_RECIPES,
    CustomRecipes: NO_RECIPES,
    CreatedAt: dateText(layer.createdAt),
    InstallUpdatesOnBoot: true,
    UseEbsOptimizedInstances: false,
    LifecycleEventConfiguration: { Shutdown: { ExecutionTimeout: 120, DelayUntilElbConnectionsDrained: false } },
  };
}

export function instanceJson(world: World, entry: StackInstance): object {
  const instance = backing(world, entry);
  const isEbs = rootDeviceType(instance.image) === 'ebs';
  return {
    AgentVersion: 'INHERIT',
    AmiId: instance.image.id,
    Architecture: instance.image.architecture,
    Arn: arn(world, `instance/${entry.id}`),
    AvailabilityZone: instance.subnet.zone,
    BlockDeviceMappings: [],
    CreatedAt: dateText(entry.createdAt),
    EbsOptimized: instance.ebsOptimized,
    Ec2InstanceId: instance.id,
    Hostname: entry.hostname,
    InfrastructureClass: 'ec2',
    InstallUpdatesOnBoot: true,
    InstanceId: entry.id,
    InstanceProfileArn: profileArn(world, EC2_ROLE),
    InstanceType: instance.instanceType,
    LayerIds: entry.layerIds,
    Os: OS,
    Platform: 'linux',
    PrivateDns: `ip-${instance.privateIp.replaceAll('.', '-')}.ec2.internal`,
    PrivateIp: instance.privateIp,
    PublicIp: publicIpOf(world, instance),
    RootDeviceType: rootDeviceType(instance.image),
    RootDeviceVolumeId: isEbs ? instance.rootVolume.id : undefined,
    SecurityGroupIds: instance.groupIds,
    SshKeyName: instance.keyName,
    StackId: entry.stackId,
    Status: statusOf(world, instance),
    SubnetId: instance.subnet.id,
    Tenancy: 'default',
    VirtualizationType: 'hvm',
  };
}

/** The instance of EC2 behind one of OpsWorks. */
export function backing(world: World, entry: StackInstance): Instance {
  const instance = world.instances.get(entry.ec2InstanceId);
  if (instance === undefined) throw new Error('every instance of OpsWorks has one of EC2');
  return instance;
}

function arn(world: World, resource: string): string {
  return `arn:aws:opsworks:${world.region}:${world.accountId}:${resource}`;
}
