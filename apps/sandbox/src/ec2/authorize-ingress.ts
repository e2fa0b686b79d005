import { resourceId } from '../random.js';
import { defineAction } from './action.js';
import { Ec2Error, invalidValue, missingParameter } from './errors.js';
import {
  duplicateRule,
  permissionShape,
  readPermission,
  ruleKey,
  ruleXml,
  type Permission,
} from './security-group-rules.js';
import { findGroup } from './security-groups.js';
import { readTagSpecifications, tagSpecificationShape } from './tags.js';

/** The default quota of inbound rules of a group. */
const RULES_PER_GROUP = 60;

export const authorizeSecurityGroupIngress = defineAction(
  {
    GroupId: 'string',
    GroupName: 'string',
    IpPermissions: permissionShape,
    IpProtocol: 'string',
    FromPort: 'integer',
    ToPort: 'integer',
    CidrIp: 'string',
    TagSpecification: tagSpecificationShape,
  },
  (parameters, call) => {
    const { world } = call;
    const group = findGroup(world, parameters.GroupId, parameters.GroupName);
    const tags = readTagSpecifications(parameters.TagSpecification, ['security-group-rule']).get('security-group-rule');
    const rules = readPermissions(parameters).flatMap((permission) => readPermission(world, group, permission));

    const keys = rules.map(ruleKey);
    if (new Set(keys).size < keys.length) throw invalidValue('The same permission must not appear multiple times');
    // One rule that is there already refuses the whole request: nothing of it is added.
    const existing = new Set(group.ingress.map(ruleKey));
    const duplicate = rules.find((rule) => existing.has(ruleKey(rule)));
    if (duplicate !== undefined) throw duplicateRule(duplicate);
    if (group.ingress.length + rules.length > RULES_PER_GROUP) {
      throw new Ec2Error(
        'RulesPerSecurityGroupLimitExceeded',
        'The maximum number of rules per security group has been reached.',
      );
    }
    call.proceed();
    const added = rules.map((rule) => ({ ...rule, id: resourceId('sgr'), tags: new Map(tags ?? []) }));
    group.ingress.push(...added);
    call.record({
      group_id: group.id,
      rules: rules.map(({ protocol, fromPort, toPort, peer }) => ({
        protocol,
        from_port: fromPort,
        to_port: toPort,
        peer: peer.kind === 'group' ? peer.groupId : peer.cidr,
      })),
    });
    return { return: true, securityGroupRuleSet: added.map((rule) => ruleXml(world, group, rule)) };
  },
);

/** A single rule may also stand in the request itself, without a list. */
function readPermissions(parameters: {
  readonly IpPermissions?: readonly Permission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
}): readonly Permission[] {
  const { IpPermissions: list = [], IpProtocol, FromPort, ToPort, CidrIp } = parameters;
  const single = [IpProtocol, FromPort, ToPort, CidrIp].some((value) => value !== undefined);
  if (single && list.length > 0) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      "The parameter 'ipPermissions' may not be used in combination with 'ipProtocol'",
    );
  }
  if (single) return [{ IpProtocol, FromPort, ToPort, ...(CidrIp === undefined ? {} : { IpRanges: [{ CidrIp }] }) }];
  if (list.length === 0) throw missingParameter('ipPermissions');
  return list;
}
