import { defineAction } from './action.js';
import { Ec2Error, invalidValue } from './errors.js';
import { applyFilters, filterShape, type Filters, type FilterTable } from './filters.js';
import { STATE_CODES, stateXml } from './instance-xml.js';
import { checkSteps, stepAt, type CheckState } from './lifecycle.js';
import type { Instance } from './model.js';
import { takePage } from './paging.js';
import type { World } from './world.js';
import type { XmlValue } from './xml.js';

/** "Constraints: Maximum 100 explicitly specified instance IDs." */
const MAX_IDS = 100;

/** The detail `reachability` of a status; there is none where checks do not apply. */
const REACHABILITY: Readonly<Record<CheckState, string | undefined>> = {
  'not-applicable': undefined,
  initializing: 'initializing',
  ok: 'passed',
  impaired: 'failed',
};

export const describeInstanceStatus = defineAction(
  {
    InstanceId: { list: 'string' },
    Filter: filterShape,
    IncludeAllInstances: 'boolean',
    MaxResults: 'integer',
    NextToken: 'string',
    IncludeManagedResources: 'boolean',
  },
  (parameters, { world }) => {
    const wanted = [...new Set(parameters.InstanceId ?? [])];
    if (wanted.length > 0 && (parameters.MaxResults ?? parameters.NextToken) !== undefined) {
      const name = parameters.MaxResults === undefined ? 'nextToken' : 'maxResults';
      throw new Ec2Error(
        'InvalidParameterCombination',
        `The parameter instancesSet cannot be used with the parameter ${name}`,
      );
    }
    if (wanted.length > MAX_IDS) throw invalidValue(`The maximum number of instance IDs is ${MAX_IDS}.`);
    assertFilterNames(parameters.Filter);
    const known = wanted.length > 0 ? world.findInstances(wanted) : world.knownInstances();
    const candidates = known.filter(
      (instance) => parameters.IncludeAllInstances === true || world.stateOf(instance) === 'running',
    );
    const matching = applyFilters(candidates, parameters.Filter, filterTable(world));
    if (wanted.length > 0) return { instanceStatusSet: matching.map((instance) => statusXml(world, instance)) };
    const page = takePage('DescribeInstanceStatus', matching, parameters);
    return {
      instanceStatusSet: page.items.map((instance) => statusXml(world, instance)),
      nextToken: page.nextToken,
    };
  },
);

export function checkOf(world: World, instance: Instance): CheckState {
  return stepAt(checkSteps(instance, world.times), world.now())?.state ?? 'not-applicable';
}

/** The host is always well: what fails here is the instance. */
function systemCheckOf(world: World, instance: Instance): CheckState {
  const check = checkOf(world, instance);
  return check === 'impaired' ? 'ok' : check;
}

function filterTable(world: World): FilterTable<Instance> {
  return {
    'availability-zone': (instance) => [instance.subnet.zone],
    'instance-state-code': (instance) => [String(STATE_CODES[world.stateOf(instance)])],
    'instance-state-name': (instance) => [world.stateOf(instance)],
    'instance-status.reachability': (instance) => [REACHABILITY[checkOf(world, instance)]],
    'instance-status.status': (instance) => [checkOf(world, instance)],
    'system-status.reachability': (instance) => [REACHABILITY[systemCheckOf(world, instance)]],
    'system-status.status': (instance) => [systemCheckOf(world, instance)],
  };
}

/** Unlike the other Describe actions of instances this one knows no tags. */
function assertFilterNames(filters: Filters | undefined): void {
  const tag = filters?.find(({ Name: name }) => name === 'tag-key' || name?.startsWith('tag:') === true);
  if (tag !== undefined) throw invalidValue(`The filter '${tag.Name ?? ''}' is invalid`);
}

function statusXml(world: World, instance: Instance): XmlValue {
  return {
    instanceId: instance.id,
    availabilityZone: instance.subnet.zone,
    instanceState: stateXml(world.stateOf(instance)),
    systemStatus: checkXml(systemCheckOf(world, instance)),
    instanceStatus: checkXml(checkOf(world, instance), impairedSince(world, instance)),
  };
}

function checkXml(check: CheckState, since?: string): XmlValue {
  const reachability = REACHABILITY[check];
  return {
    status: check,
    details: reachability === undefined ? [] : [{ name: 'reachability', status: reachability, impairedSince: since }],
  };
}

function impairedSince(world: World, instance: Instance): string | undefined {
  const step = stepAt(checkSteps(instance, world.times), world.now());
  return step?.state === 'impaired' ? new Date(step.at).toISOString() : undefined;
}
