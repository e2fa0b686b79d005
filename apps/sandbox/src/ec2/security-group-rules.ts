import { canonicalCidr, canonicalCidrIpv6 } from './cidr.js';
import { assertWellFormed, Ec2Error, invalidValue, missingParameter, notFound } from './errors.js';
import type { Rule, RulePeer, SecurityGroup } from './model.js';
import type { Parsed } from './parameters.js';
import type { World } from './world.js';
import type { XmlValue } from './xml.js';

export const permissionShape = {
  list: {
    fields: {
      IpProtocol: 'string',
      FromPort: 'integer',
      ToPort: 'integer',
      IpRanges: { list: { fields: { CidrIp: 'string', Description: 'string' } } },
      Ipv6Ranges: { list: { fields: { CidrIpv6: 'string', Description: 'string' } } },
      Groups: { list: { fields: { GroupId: 'string', UserId: 'string', Description: 'string' } } },
    },
  },
} as const;

export type Permission = Parsed<typeof permissionShape>[number];
export type NewRule = Omit<Rule, 'id' | 'tags'>;

const PROTOCOLS: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6', all: '-1' };
const DESCRIPTION = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/;

/** One permission of a request as single rules, each port range with each peer. */
export function readPermission(world: World, group: SecurityGroup, permission: Permission): NewRule[] {
  const ports = readPorts(permission);
  const peers = [
    ...(permission.IpRanges ?? []).map((range) => ({
      peer: readRange('ipv4', range.CidrIp),
      description: range.Description,
    })),
    ...(permission.Ipv6Ranges ?? []).map((range) => ({
      peer: readRange('ipv6', range.CidrIpv6),
      description: range.Description,
    })),
    ...(permission.Groups ?? []).map((pair) => ({
      peer: readGroupPeer(world, group, pair.GroupId, pair.UserId),
      description: pair.Description,
    })),
  ];
  if (peers.length === 0) throw missingParameter('cidrIp, cidrIpv6, group or prefix list of each permission');
  return peers.map(({ peer, description }) => {
    if (description !== undefined && !DESCRIPTION.test(description)) {
      throw invalidValue(
        'Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: ' +
          'a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
      );
    }
    return { ...ports, peer, description };
  });
}

function readPorts(permission: Permission): { protocol: string; fromPort: number; toPort: number } {
  const given = permission.IpProtocol?.toLowerCase();
  if (given === undefined || given === '') throw missingParameter('ipProtocol');
  const protocol = PROTOCOLS[given] ?? given;
  if (!['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(protocol)) {
    const number = Number(protocol);
    if (!/^\d{1,3}$/.test(protocol) || number > 255)
      throw invalidValue(`Invalid value '${given}' for IP protocol. Unknown protocol.`);
  }
  const { FromPort: fromPort, ToPort: toPort } = permission;
  if (protocol === '-1') return { protocol, fromPort: -1, toPort: -1 };
  if (protocol !== 'tcp' && protocol !== 'udp') return { protocol, fromPort: fromPort ?? -1, toPort: toPort ?? -1 };
  if (fromPort === undefined || toPort === undefined) {
    throw invalidValue(`Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`);
  }
  for (const port of [fromPort, toPort]) {
    if (port < 0 || port > 65_535)
      throw invalidValue(`Invalid value '${port}' for portRange. Must be between 0 and 65535.`);
  }
  if (fromPort > toPort) {
    throw invalidValue(`Invalid TCP/UDP port range (${fromPort}:${toPort})`);
  }
  return { protocol, fromPort, toPort };
}

function readRange(kind: 'ipv4' | 'ipv6', text: string | undefined): RulePeer {
  if (text === undefined) throw missingParameter(kind === 'ipv4' ? 'cidrIp' : 'cidrIpv6');
  const cidr = kind === 'ipv4' ? canonicalCidr(text) : canonicalCidrIpv6(text);
  if (cidr === undefined) throw invalidValue(`CIDR block ${text} is malformed`);
  return { kind, cidr };
}

function readGroupPeer(
  world: World,
  group: SecurityGroup,
  id: string | undefined,
  userId: string | undefined,
): RulePeer {
  if (id === undefined) throw missingParameter('groupId');
  assertWellFormed('sg-', [id]);
  const peer = world.knownGroups().get(id);
  if (peer === undefined || peer.vpcId !== group.vpcId || (userId !== undefined && userId !== world.accountId)) {
    throw notFound('sg-', [id]);
  }
  return { kind: 'group', groupId: id };
}

/** Two rules with one key are the same to EC2; the description does not count. */
export function ruleKey(rule: NewRule): string {
  return [rule.protocol, rule.fromPort, rule.toPort, peerText(rule.peer)].join('|');
}

function peerText(peer: RulePeer): string {
  return peer.kind === 'group' ? peer.groupId : peer.cidr;
}

export function duplicateRule(rule: NewRule): Ec2Error {
  const protocol = rule.protocol === '-1' ? 'ALL' : rule.protocol.toUpperCase();
  const ports = rule.protocol === '-1' ? '' : ` from port: ${rule.fromPort}, to port: ${rule.toPort},`;
  return new Ec2Error(
    'InvalidPermission.Duplicate',
    `the specified rule "peer: ${peerText(rule.peer)}, ${protocol},${ports} ALLOW" already exists`,
  );
}

/** Rules as DescribeSecurityGroups shows them: one permission per protocol and port range. */
export function permissionsXml(world: World, rules: readonly Rule[]): XmlValue[] {
  const byPorts = new Map<string, Rule[]>();
  for (const rule of rules) {
    const key = [rule.protocol, rule.fromPort, rule.toPort].join('|');
    byPorts.set(key, [...(byPorts.get(key) ?? []), rule]);
  }
  return [...byPorts.values()].map((members) => {
    const [first] = members;
    const all = first === undefined || first.protocol === '-1';
    const ranges = (kind: 'ipv4' | 'ipv6', name: string): XmlValue =>
      members.flatMap((rule) =>
        rule.peer.kind === kind ? { [name]: rule.peer.cidr, description: rule.description } : [],
      );
    return {
      ipProtocol: first?.protocol,
      fromPort: all ? undefined : first.fromPort,
      toPort: all ? undefined : first.toPort,
      groups: members.flatMap((rule) =>
        rule.peer.kind === 'group'
          ? { userId: world.accountId, groupId: rule.peer.groupId, description: rule.description }
          : [],
      ),
      ipRanges: ranges('ipv4', 'cidrIp'),
      ipv6Ranges: ranges('ipv6', 'cidrIpv6'),
      prefixListIds: [],
    };
  });
}

export function ruleXml(world: World, group: SecurityGroup, rule: Rule): XmlValue {
  return {
    securityGroupRuleId: rule.id,
    groupId: group.id,
    groupOwnerId: world.accountId,
    isEgress: false,
    ipProtocol: rule.protocol,
    fromPort: rule.fromPort,
    toPort: rule.toPort,
    cidrIpv4: rule.peer.kind === 'ipv4' ? rule.peer.cidr : undefined,
    cidrIpv6: rule.peer.kind === 'ipv6' ? rule.peer.cidr : undefined,
    referencedGroupInfo:
      rule.peer.kind === 'group' ? { groupId: rule.peer.groupId, userId: world.accountId } : undefined,
    description: rule.description,
    tagSet: [...rule.tags].map(([key, value]) => ({ key, value })),
  };
}
