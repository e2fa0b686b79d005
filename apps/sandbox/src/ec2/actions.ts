import type { Action } from './action.js';
import { authorizeSecurityGroupIngress } from './authorize-ingress.js';
import { createTags } from './create-tags.js';
import { describeImages } from './images.js';
import {
  describeInstanceAttribute,
  describeInstances,
  modifyInstanceAttribute,
  terminateInstances,
} from './instances.js';
import { describeInstanceStatus } from './instance-status.js';
import { describeSubnets, describeVpcs } from './networks.js';
import { runInstances } from './run-instances.js';
import { createSecurityGroup, deleteSecurityGroup, describeSecurityGroups } from './security-groups.js';
import { startInstances, stopInstances } from './start-stop.js';

/** Every action that EC2 answers here. One more is one more line and its function. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  AuthorizeSecurityGroupIngress: authorizeSecurityGroupIngress,
  CreateSecurityGroup: createSecurityGroup,
  CreateTags: createTags,
  DeleteSecurityGroup: deleteSecurityGroup,
  DescribeImages: describeImages,
  DescribeInstanceAttribute: describeInstanceAttribute,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstances: describeInstances,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSubnets: describeSubnets,
  DescribeVpcs: describeVpcs,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  RunInstances: runInstances,
  StartInstances: startInstances,
  StopInstances: stopInstances,
  TerminateInstances: terminateInstances,
};
