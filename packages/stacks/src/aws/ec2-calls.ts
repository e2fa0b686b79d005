import {
  DescribeInstanceStatusCommand,
  paginateDescribeInstances,
  type EC2Client,
  type Filter,
  type Instance,
  type InstanceStatus,
} from '@aws-sdk/client-ec2';
import { createCalls } from '@quartermaster/aws';

export const ec2 = createCalls({ name: 'EC2', prefix: 'ec2' });

/** EC2's limits: values of one filter, ids of one DescribeInstanceStatus. */
const MAX_FILTER_VALUES = 200;
const MAX_STATUS_IDS = 100;
const PAGE_SIZE = 500;

export function describeInstances(client: EC2Client, filters: Filter[]): Promise<Instance[]> {
  return ec2.read('DescribeInstances', async () => {
    const found: Instance[] = [];
    for await (const page of paginateDescribeInstances({ client, pageSize: PAGE_SIZE }, { Filters: filters })) {
      found.push(...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances));
    }
    return found;
  });
}

/** The ones of these ids that EC2 knows; a filter leaves out what it does not. */
export async function describeInstancesById(client: EC2Client, ids: readonly string[]): Promise<Instance[]> {
  const found: Instance[] = [];
  for (const part of parts(ids, MAX_FILTER_VALUES)) {
    found.push(...(await describeInstances(client, [{ Name: 'instance-id', Values: part }])));
  }
  return found;
}

/** The status checks of those of these instances that run, by id. */
export async function describeStatuses(
  client: EC2Client,
  instances: readonly Instance[],
): Promise<ReadonlyMap<string, InstanceStatus>> {
  const running = instances.flatMap(({ InstanceId, State }) =>
    InstanceId !== undefined && State?.Name === 'running' ? [InstanceId] : [],
  );
  const found = new Map<string, InstanceStatus>();
  for (const part of parts(running, MAX_STATUS_IDS)) {
    const statuses = await ec2.read('DescribeInstanceStatus', async () => {
      // Stopped ones included: an id that is not running any more would fail the whole call on some accounts.
      const command = new DescribeInstanceStatusCommand({ InstanceIds: part, IncludeAllInstances: true });
      return (await client.send(command)).InstanceStatuses ?? [];
    });
    for (const status of statuses) if (status.InstanceId !== undefined) found.set(status.InstanceId, status);
  }
  return found;
}

function parts(ids: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.slice(i * size, (i + 1) * size));
}
