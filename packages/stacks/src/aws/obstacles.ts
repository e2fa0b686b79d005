import type { EC2Client } from '@aws-sdk/client-ec2';
import type { StackInstance } from '../stack.js';
import type { Obstacle } from '../stack-source.js';
import { describeInstancesById } from './ec2-calls.js';
import { GROUP_TAG } from './tagged-fleet.js';

/** Asks EC2 itself: only there are group and root device told of both sources' instances. */
export async function obstaclesAmong(client: EC2Client, instances: readonly StackInstance[]): Promise<Obstacle[]> {
  const ids = instances.flatMap(({ Ec2InstanceId }) => (Ec2InstanceId === undefined ? [] : [Ec2InstanceId]));
  const found = new Map((await describeInstancesById(client, ids)).map((instance) => [instance.InstanceId, instance]));
  return instances.flatMap((instance) => {
    const known = found.get(instance.Ec2InstanceId);
    const group = known?.Tags?.find(({ Key }) => Key === GROUP_TAG)?.Value;
    const root = known?.RootDeviceType ?? instance['RootDeviceType'];
    if (group !== undefined) {
      return [{ instance, reason: `is in the auto-scaling group ${group}, which would replace it` }];
    }
    return root === 'instance-store' ? [{ instance, reason: 'has an instance-store root and can not stop' }] : [];
  });
}
