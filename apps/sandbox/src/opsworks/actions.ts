import type { Action } from './action.js';
import { describeInstances, describeLayers, describeStacks } from './describe.js';
import { startInstance, stopInstance } from './start-stop.js';

/** Every action that OpsWorks answers here. One more is one more line and its function. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  DescribeInstances: describeInstances,
  DescribeLayers: describeLayers,
  DescribeStacks: describeStacks,
  StartInstance: startInstance,
  StopInstance: stopInstance,
};
