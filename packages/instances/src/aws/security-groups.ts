import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ec2Port, SecurityGroupRequest } from '../ec2-port.js';
import type { ErrorTable } from '@quartermaster/aws';
import { tagList } from './mapping.js';
import { filter, securityGroups } from './reads.js';
import { change } from './calls.js';

type GroupChanges = Pick<Ec2Port, 'createSecurityGroup' | 'authorizeSsh' | 'deleteSecurityGroup'>;

/** How often, and how many ms apart, a new group is looked for before it is used. */
const LOOKS = 10;
const LOOK_EVERY_MS = 500;

const DUPLICATE: ErrorTable = {
  'InvalidGroup.Duplicate': { kind: 'conflict', code: 'group-exists' },
  'InvalidPermission.Duplicate': { kind: 'conflict', code: 'rule-exists' },
  // The group was made a moment ago: EC2 does not know it everywhere yet.
  'InvalidGroup.NotFound': { kind: 'unavailable', code: 'group-not-visible' },
};

const DELETION: ErrorTable = {
  DependencyViolation: { kind: 'conflict', code: 'group-in-use' },
  'InvalidGroup.InUse': { kind: 'conflict', code: 'group-in-use' },
  'InvalidGroup.NotFound': { kind: 'not-found', code: 'group-not-found' },
  'InvalidGroupId.*': { kind: 'not-found', code: 'group-not-found' },
};

/** What is changed about security groups. */
export function createGroupChanges(client: EC2Client): GroupChanges {
  return {
    createSecurityGroup: async (request, guard) => {
      try {
        const id = await create(client, request, guard);
        await awaitVisible(client, id, guard);
        return id;
      } catch (error) {
        if (!hasCode(error, 'group-exists')) throw error;
        return await findExisting(client, request);
      }
    },

    authorizeSsh: async (groupId, cidrs, guard) => {
      if (cidrs.length === 0) return;
      try {
        await authorize(client, groupId, cidrs, guard);
      } catch (error) {
        if (!hasCode(error, 'rule-exists')) throw error;
        // One range that is open already fails the call as a whole.
        if (cidrs.length > 1) await authorizeEach(client, groupId, cidrs, guard);
      }
    },

    deleteSecurityGroup: async (groupId, guard) => {
      const command = new DeleteSecurityGroupCommand({ GroupId: groupId });
      try {
        await change('DeleteSecurityGroup', command, guard, (options) => client.send(command, options), DELETION);
        return true;
      } catch (error) {
        if (hasCode(error, 'group-not-found')) return true;
        if (hasCode(error, 'group-in-use')) return false;
        throw error;
      }
    },
  };
}

async function create(client: EC2Client, request: SecurityGroupRequest, guard: EffectGuard): Promise<string> {
  const command = new CreateSecurityGroupCommand({
    GroupName: request.name,
    Description: request.description,
    VpcId: request.vpc_id,
    TagSpecifications: [{ ResourceType: 'security-group', Tags: tagList(request.tags) }],
  });
  const send = (options: { abortSignal: AbortSignal }) => client.send(command, options);
  const { GroupId } = await change('CreateSecurityGroup', command, guard, send, DUPLICATE);
  if (GroupId !== undefined) return GroupId;
  throw new AppError('unavailable', 'ec2-unavailable', 'EC2 made a security group and did not say which.');
}

/** EC2 is eventually consistent, and a launch into a group that it does not show yet is refused for good. */
async function awaitVisible(client: EC2Client, groupId: string, guard: EffectGuard): Promise<void> {
  for (let look = 1; look <= LOOKS; look += 1) {
    if ((await securityGroups(client, [filter('group-id', groupId)])).length > 0) return;
    if (look < LOOKS) await sleep(LOOK_EVERY_MS);
    guard.assertHeld();
  }
  throw new AppError('unavailable', 'group-not-visible', `EC2 does not show the new security group ${groupId} yet.`);
}

async function findExisting(client: EC2Client, { name, vpc_id }: SecurityGroupRequest): Promise<string> {
  const [group] = await securityGroups(client, [filter('group-name', name), filter('vpc-id', vpc_id)]);
  if (group?.GroupId !== undefined) return group.GroupId;
  throw new AppError('unavailable', 'group-not-visible', `EC2 has a security group ${name} and does not show it yet.`);
}

async function authorizeEach(client: EC2Client, groupId: string, cidrs: readonly string[], guard: EffectGuard) {
  for (const cidr of cidrs) {
    try {
      await authorize(client, groupId, [cidr], guard);
    } catch (error) {
      if (!hasCode(error, 'rule-exists')) throw error;
    }
  }
}

async function authorize(
  client: EC2Client,
  groupId: string,
  cidrs: readonly string[],
  guard: EffectGuard,
): Promise<void> {
  const v4 = cidrs.filter((cidr) => !cidr.includes(':')).map((CidrIp) => ({ CidrIp }));
  const v6 = cidrs.filter((cidr) => cidr.includes(':')).map((CidrIpv6) => ({ CidrIpv6 }));
  const command = new AuthorizeSecurityGroupIngressCommand({
    GroupId: groupId,
    IpPermissions: [
      {
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        ...(v4.length === 0 ? {} : { IpRanges: v4 }),
        ...(v6.length === 0 ? {} : { Ipv6Ranges: v6 }),
      },
    ],
  });
  const send = (options: { abortSignal: AbortSignal }) => client.send(command, options);
  await change('AuthorizeSecurityGroupIngress', command, guard, send, DUPLICATE);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof AppError && error.code === code;
}
