import { CreateSecurityGroupCommand, DescribeVpcsCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { refusalOf, startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';
import { createAddresses } from './addresses.js';
import type { Subnet } from './model.js';

describe('the limits of the account', () => {
  let sandbox: StartedSandbox;
  beforeAll(async () => {
    // The seeded fleet has four.
    sandbox = await startSandbox({
      SANDBOX_CLOUD_INIT: 'off',
      SANDBOX_INSTANCE_LIMIT: '6',
      SANDBOX_DEFAULT_VPC: 'off',
    });
  });
  afterAll(() => sandbox.stop());

  const launch = async (MinCount: number, MaxCount: number): Promise<number> => {
    const { images, subnets } = await sandbox.resources();
    const answer = await sandbox.ec2.send(
      new RunInstancesCommand({
        ImageId: images[0]?.id,
        InstanceType: 't3.micro',
        MinCount,
        MaxCount,
        SubnetId: subnets[0]?.id,
      }),
    );
    return answer.Instances?.length ?? 0;
  };

  it('refuse a minimum that does not fit, and cut a maximum to what does', async () => {
    const refusal = await refusalOf(launch(3, 3));
    expect(refusal.code).toBe('InstanceLimitExceeded');
    expect(refusal.message).toContain('You have requested more instances (7) than your current instance limit of 6');
    expect(await launch(1, 5)).toBe(2);
    expect((await refusalOf(launch(1, 1))).code).toBe('InstanceLimitExceeded');
  });

  it('say so where there is no default VPC', async () => {
    const answer = await sandbox.ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    );
    expect(answer.Vpcs ?? []).toEqual([]);
    const group = new CreateSecurityGroupCommand({ GroupName: 'a', Description: 'b' });
    expect((await refusalOf(sandbox.ec2.send(group))).code).toBe('VPCIdNotSpecified');
  });
});

describe('the addresses of a subnet', () => {
  const subnet: Subnet = {
    id: 'subnet-1',
    order: 1,
    vpcId: 'vpc-1',
    zone: 'us-east-1a',
    cidr: '10.0.0.0/28',
    mapsPublicIp: false,
    isDefault: false,
    tags: new Map(),
  };

  it('are all but the first four and the last, and come back when nothing holds them', () => {
    const addresses = createAddresses();
    const held = new Set<number>();
    const take = (): string => {
      const index = held.size;
      held.add(index);
      return addresses.take(subnet, () => held.has(index));
    };
    expect(addresses.free(subnet)).toBe(11);
    expect(Array.from({ length: 11 }, take)).toEqual(Array.from({ length: 11 }, (_, index) => `10.0.0.${index + 4}`));
    expect(() => take()).toThrow('does not have enough free addresses');
    held.delete(3);
    expect(addresses.free(subnet)).toBe(1);
    expect(addresses.take(subnet, () => true)).toBe('10.0.0.7');
  });
});
